import java.net.URI;
import org.apache.http.HttpHost;
import org.apache.http.auth.AuthScope;
import org.apache.http.auth.UsernamePasswordCredentials;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.BasicCredentialsProvider;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;

/** Posts each (url, content type, body) of the arguments after username and password, and prints the statuses. */
public class HttpClient4 {
    public static void main(String[] args) throws Exception {
        BasicCredentialsProvider provider = new BasicCredentialsProvider();
        provider.setCredentials(AuthScope.ANY, new UsernamePasswordCredentials(args[0], args[1]));
        try (CloseableHttpClient client = HttpClients.custom().setDefaultCredentialsProvider(provider).build()) {
            for (int at = 2; at < args.length; at += 3) {
                HttpPost post = new HttpPost(URI.create(args[at]));
                post.setEntity(new StringEntity(args[at + 2], ContentType.create(args[at + 1])));
                try (CloseableHttpResponse response = client.execute(post)) {
                    System.out.println(response.getStatusLine().getStatusCode());
                }
            }
        }
    }
}
