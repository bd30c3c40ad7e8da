import java.net.URI;
import org.apache.hc.client5.http.auth.AuthScope;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.auth.BasicCredentialsProvider;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.StringEntity;

/** Posts each (url, content type, body) of the arguments after username and password, and prints the statuses. */
public class HttpClient5 {
    public static void main(String[] args) throws Exception {
        BasicCredentialsProvider provider = new BasicCredentialsProvider();
        provider.setCredentials(
            new AuthScope(null, -1), new UsernamePasswordCredentials(args[0], args[1].toCharArray()));
        try (CloseableHttpClient client = HttpClients.custom().setDefaultCredentialsProvider(provider).build()) {
            for (int at = 2; at < args.length; at += 3) {
                HttpPost post = new HttpPost(URI.create(args[at]));
                post.setEntity(new StringEntity(args[at + 2], ContentType.create(args[at + 1])));
                int status = client.execute(post, response -> response.getCode());
                System.out.println(status);
            }
        }
    }
}
