/*
 * The limit to compare with: the same messages made natively and sent by sendmmsg. With SHA and AES instructions where
 * the compiler is told that the machine has them, four messages interleaved; else with OpenSSL.
 * usage: limit INPUTS; then a line "build|send|both BATCH BATCHES fastest|openssl" for each answer "ns messages wrong".
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ID = 64, MAX_BATCH = 1024, SLOT = 512, LANES = 4 };

typedef struct {
  uint8_t muk[32], rand[16];
  uint32_t csb_id, counter, id_length;
  uint8_t id[MAX_ID];
} Ue;

static uint32_t count, prefix_length, counter_at, rand_at, suffix_length, key_data_length;
static uint8_t *prefix, *suffix, key_data[64];
static Ue *ues;
static uint32_t *offsets;
static uint8_t *expected;

static uint8_t messages[MAX_BATCH][SLOT];
static uint32_t lengths[MAX_BATCH];

static void put32(uint8_t *to, uint32_t value) {
  value = htonl(value);
  memcpy(to, &value, 4);
}

/* All but the key data and the MAC; returns where the key data goes. */
static uint8_t *begin(uint8_t *message, const Ue *ue) {
  memcpy(message, prefix, prefix_length);
  put32(message + 4, ue->csb_id);
  put32(message + counter_at, ue->counter);
  memcpy(message + rand_at, ue->rand, 16);
  uint8_t *at = message + prefix_length;
  *at++ = (uint8_t)(ue->id_length >> 8);
  *at++ = (uint8_t)ue->id_length;
  memcpy(at, ue->id, ue->id_length);
  at += ue->id_length;
  memcpy(at, suffix, suffix_length);
  return at + suffix_length;
}

static void label_of(uint8_t label[25], uint32_t constant, const Ue *ue) {
  put32(label, constant);
  label[4] = 0xff;
  put32(label + 5, ue->csb_id);
  memcpy(label + 9, ue->rand, 16);
}

static void iv_of(uint8_t iv[16], const uint8_t salt[14], const Ue *ue) {
  uint8_t block[16] = {0};
  put32(block + 2, ue->csb_id);
  put32(block + 10, ue->counter);
  for (int i = 0; i < 14; i++) iv[i] = block[i] ^ salt[i];
  iv[14] = iv[15] = 0;
}

enum { ENCR = 0x150533e1, AUTH = 0x2d22ac75, SALT = 0x29b88916 };

static void openssl_derive(uint8_t out[20], const Ue *ue, uint32_t constant) {
  uint8_t text[45];
  label_of(text + 20, constant, ue);
  HMAC(EVP_sha1(), ue->muk, 32, text + 20, 25, text, NULL);
  HMAC(EVP_sha1(), ue->muk, 32, text, 45, out, NULL);
}

static void build_openssl(const Ue *ue, uint32_t n) {
  static EVP_CIPHER_CTX *aes;
  if (aes == NULL) aes = EVP_CIPHER_CTX_new();
  for (uint32_t i = 0; i < n; i++) {
    uint8_t encr[20], auth[20], salt[20], iv[16];
    openssl_derive(encr, ue + i, ENCR);
    openssl_derive(auth, ue + i, AUTH);
    openssl_derive(salt, ue + i, SALT);
    uint8_t *at = begin(messages[i], ue + i);
    iv_of(iv, salt, ue + i);
    int done;
    EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, encr, iv);
    EVP_EncryptUpdate(aes, at, &done, key_data, (int)key_data_length);
    at += key_data_length;
    *at++ = 1;
    HMAC(EVP_sha1(), auth, 20, messages[i], (size_t)(at - messages[i]), at, NULL);
    lengths[i] = (uint32_t)(at + 20 - messages[i]);
  }
}

#if defined(__SHA__) && defined(__AES__)
#include <immintrin.h>
static const char *const FASTEST = "sha-ni";

typedef struct {
  __m128i abcd, e;
} State;

static const uint8_t INITIAL[16] = {0x76, 0x54, 0x32, 0x10, 0xfe, 0xdc, 0xba, 0x98,
                                    0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67};

static inline State initial_state(void) {
  return (State){_mm_loadu_si128((const __m128i *)INITIAL), _mm_set_epi32((int)0xc3d2e1f0, 0, 0, 0)};
}

/* One block of each of four texts. */
static void compress4(State s[LANES], const uint8_t *const blocks[LANES]) {
  const __m128i turn = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  __m128i w[LANES][4], abcd[LANES], e[LANES], before[LANES];
#define EACH for (int l = 0; l < LANES; l++)
  EACH {
    for (int t = 0; t < 4; t++)
      w[l][t] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks[l] + 16 * t)), turn);
    abcd[l] = s[l].abcd;
    e[l] = _mm_add_epi32(s[l].e, w[l][0]);
  }
#define FOUR(t, f)                                                                              \
  EACH {                                                                                        \
    if (t >= 4)                                                                                 \
      w[l][t & 3] = _mm_sha1msg2_epu32(                                                         \
          _mm_xor_si128(_mm_sha1msg1_epu32(w[l][t & 3], w[l][(t + 1) & 3]), w[l][(t + 2) & 3]), \
          w[l][(t + 3) & 3]);                                                                   \
    if (t > 0) e[l] = _mm_sha1nexte_epu32(before[l], w[l][t & 3]);                              \
    before[l] = abcd[l];                                                                        \
    abcd[l] = _mm_sha1rnds4_epu32(abcd[l], e[l], f);                                            \
  }
  FOUR(0, 0) FOUR(1, 0) FOUR(2, 0) FOUR(3, 0) FOUR(4, 0)
  FOUR(5, 1) FOUR(6, 1) FOUR(7, 1) FOUR(8, 1) FOUR(9, 1)
  FOUR(10, 2) FOUR(11, 2) FOUR(12, 2) FOUR(13, 2) FOUR(14, 2)
  FOUR(15, 3) FOUR(16, 3) FOUR(17, 3) FOUR(18, 3) FOUR(19, 3)
  EACH {
    s[l].e = _mm_sha1nexte_epu32(before[l], s[l].e);
    s[l].abcd = _mm_add_epi32(s[l].abcd, abcd[l]);
  }
}

static void digest(uint8_t out[20], const State *s) {
  const __m128i turn = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
  _mm_storeu_si128((__m128i *)out, _mm_shuffle_epi8(s->abcd, turn));
  put32(out + 16, (uint32_t)_mm_extract_epi32(s->e, 3));
}

typedef struct {
  State inner[LANES], outer[LANES];
} Keys;

static void set_keys(Keys *k, uint8_t keys[LANES][64]) {
  const uint8_t *blocks[LANES];
  for (int l = 0; l < LANES; l++) {
    blocks[l] = keys[l];
    k->inner[l] = k->outer[l] = initial_state();
    for (int i = 0; i < 64; i++) keys[l][i] ^= 0x36;
  }
  compress4(k->inner, blocks);
  for (int l = 0; l < LANES; l++)
    for (int i = 0; i < 64; i++) keys[l][i] ^= 0x36 ^ 0x5c;
  compress4(k->outer, blocks);
}

/* The HMAC whose inner state is in `s`. */
static void finish(uint8_t out[LANES][20], const Keys *k, State s[LANES]) {
  uint8_t text[LANES][64];
  const uint8_t *blocks[LANES];
  State outer[LANES];
  for (int l = 0; l < LANES; l++) {
    memset(text[l], 0, 64);
    digest(text[l], s + l);
    text[l][20] = 0x80;
    put32(text[l] + 60, (64 + 20) * 8);
    blocks[l] = text[l];
    outer[l] = k->outer[l];
  }
  compress4(outer, blocks);
  for (int l = 0; l < LANES; l++) digest(out[l], outer + l);
}

static void derive(uint8_t out[LANES][20], const Keys *k, uint32_t constant, const Ue *const ue[LANES]) {
  uint8_t text[LANES][64], a1[LANES][20];
  const uint8_t *blocks[LANES];
  State s[LANES];
  for (int l = 0; l < LANES; l++) {
    memset(text[l], 0, 64);
    label_of(text[l], constant, ue[l]);
    text[l][25] = 0x80;
    put32(text[l] + 60, (64 + 25) * 8);
    blocks[l] = text[l];
    s[l] = k->inner[l];
  }
  compress4(s, blocks);
  finish(a1, k, s);
  for (int l = 0; l < LANES; l++) {
    memset(text[l], 0, 64);
    memcpy(text[l], a1[l], 20);
    label_of(text[l] + 20, constant, ue[l]);
    text[l][45] = 0x80;
    put32(text[l] + 60, (64 + 45) * 8);
    s[l] = k->inner[l];
  }
  compress4(s, blocks);
  finish(out, k, s);
}

static void aes_ctr(uint8_t *to, const uint8_t key[16], const uint8_t iv[16]) {
  __m128i k[11];
  k[0] = _mm_loadu_si128((const __m128i *)key);
#define EXPAND(i, rcon)                                                         \
  {                                                                             \
    __m128i t = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(k[i - 1], rcon), 0xff); \
    __m128i x = k[i - 1];                                                       \
    x = _mm_xor_si128(x, _mm_slli_si128(x, 4));                                 \
    x = _mm_xor_si128(x, _mm_slli_si128(x, 8));                                 \
    k[i] = _mm_xor_si128(x, t);                                                 \
  }
  EXPAND(1, 1) EXPAND(2, 2) EXPAND(3, 4) EXPAND(4, 8) EXPAND(5, 16)
  EXPAND(6, 32) EXPAND(7, 64) EXPAND(8, 128) EXPAND(9, 27) EXPAND(10, 54)
  uint8_t counter[16], stream[64];
  memcpy(counter, iv, 16);
  for (uint32_t block = 0; block * 16 < key_data_length; block++) {
    counter[15] = (uint8_t)block;
    __m128i x = _mm_xor_si128(_mm_loadu_si128((const __m128i *)counter), k[0]);
    for (int r = 1; r < 10; r++) x = _mm_aesenc_si128(x, k[r]);
    _mm_storeu_si128((__m128i *)(stream + block * 16), _mm_aesenclast_si128(x, k[10]));
  }
  for (uint32_t i = 0; i < key_data_length; i++) to[i] = stream[i] ^ key_data[i];
}

static void build_fastest(const Ue *first, uint32_t n) {
  for (uint32_t i = 0; i < n; i += LANES) {
    const Ue *ue[LANES];
    uint8_t *message[LANES], *end[LANES], spare[LANES][SLOT];
    uint8_t block[LANES][64], encr[LANES][20], auth[LANES][20], salt[LANES][20], iv[16];
    uint32_t blocks[LANES], most = 0;
    Keys k;
    for (int l = 0; l < LANES; l++) {
      ue[l] = first + (i + l < n ? i + l : n - 1);
      message[l] = i + l < n ? messages[i + l] : spare[l];
      memset(block[l], 0, 64);
      memcpy(block[l], ue[l]->muk, 32);
    }
    set_keys(&k, block);
    derive(encr, &k, ENCR, ue);
    derive(auth, &k, AUTH, ue);
    derive(salt, &k, SALT, ue);
    for (int l = 0; l < LANES; l++) {
      uint8_t *at = begin(message[l], ue[l]);
      iv_of(iv, salt[l], ue[l]);
      aes_ctr(at, encr[l], iv);
      at[key_data_length] = 1;
      end[l] = at + key_data_length + 1;
      uint32_t length = (uint32_t)(end[l] - message[l]);
      if (i + l < n) lengths[i + l] = length + 20;
      blocks[l] = (length + 9 + 63) / 64;
      if (blocks[l] > most) most = blocks[l];
      memset(end[l], 0, blocks[l] * 64 - length);
      *end[l] = 0x80;
      put32(message[l] + blocks[l] * 64 - 4, (64 + length) * 8);
      memset(block[l], 0, 64);
      memcpy(block[l], auth[l], 20);
    }
    set_keys(&k, block);
    State s[LANES], ended[LANES];
    memcpy(s, k.inner, sizeof s);
    for (uint32_t b = 0; b < most; b++) {
      const uint8_t *at[LANES];
      for (int l = 0; l < LANES; l++) at[l] = message[l] + (b < blocks[l] ? b : 0) * 64;
      compress4(s, at);
      for (int l = 0; l < LANES; l++)
        if (b + 1 == blocks[l]) ended[l] = s[l];
    }
    finish(auth, &k, ended);
    for (int l = 0; l < LANES; l++) memcpy(end[l], auth[l], 20);
  }
}
#else
static const char *const FASTEST = "openssl";
static void build_fastest(const Ue *first, uint32_t n) { build_openssl(first, n); }
#endif

static int sender, receiver;
static struct sockaddr_in to;
static struct mmsghdr out_headers[MAX_BATCH], in_headers[MAX_BATCH];
static struct iovec out_vectors[MAX_BATCH], in_vectors[MAX_BATCH];
static uint8_t received[MAX_BATCH][SLOT];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void open_sockets(void) {
  sender = socket(AF_INET, SOCK_DGRAM, 0);
  receiver = socket(AF_INET, SOCK_DGRAM, 0);
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof to;
  if (bind(sender, (struct sockaddr *)&to, length) != 0) die("bind");
  if (bind(receiver, (struct sockaddr *)&to, length) != 0) die("bind");
  if (getsockname(receiver, (struct sockaddr *)&to, &length) != 0) die("getsockname");
  int octets = 8 * 1024 * 1024;
  if (setsockopt(receiver, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0 &&
      setsockopt(receiver, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets) != 0)
    die("SO_RCVBUF");
  for (int i = 0; i < MAX_BATCH; i++) {
    out_headers[i].msg_hdr = (struct msghdr){.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = out_vectors + i, .msg_iovlen = 1};
    in_vectors[i] = (struct iovec){received[i], SLOT};
    in_headers[i].msg_hdr = (struct msghdr){.msg_iov = in_vectors + i, .msg_iovlen = 1};
  }
}

static void send_batch(const uint8_t *const *octets, const uint32_t *octet_counts, uint32_t n, int one_by_one) {
  if (one_by_one) {
    for (uint32_t i = 0; i < n; i++)
      if (sendto(sender, octets[i], octet_counts[i], 0, (struct sockaddr *)&to, sizeof to) < 0) die("sendto");
    return;
  }
  for (uint32_t i = 0; i < n; i++) out_vectors[i] = (struct iovec){(void *)octets[i], octet_counts[i]};
  for (uint32_t done = 0; done < n;) {
    int sent = sendmmsg(sender, out_headers + done, n - done, 0);
    if (sent < 0) die("sendmmsg");
    done += (uint32_t)sent;
  }
}

static uint32_t wrong(const uint8_t *octets, uint32_t length, uint32_t message) {
  uint32_t start = offsets[message], end = offsets[message + 1];
  return length != end - start || memcmp(octets, expected + start, length) != 0;
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void read_all(void *at, size_t length, FILE *file) {
  if (length > 0 && fread(at, length, 1, file) != 1) die("inputs");
}

static void read_inputs(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) die(path);
  uint32_t head[7];
  read_all(head, sizeof head, file);
  count = head[0];
  prefix_length = head[1];
  counter_at = head[2];
  rand_at = head[3];
  suffix_length = head[4];
  key_data_length = head[5];
  prefix = malloc(prefix_length);
  suffix = malloc(suffix_length);
  ues = calloc(count, sizeof *ues);
  offsets = malloc((count + 1) * 4);
  expected = malloc(head[6]);
  read_all(prefix, prefix_length, file);
  read_all(suffix, suffix_length, file);
  read_all(key_data, key_data_length, file);
  read_all(ues, count * sizeof *ues, file);
  read_all(offsets, (count + 1) * 4, file);
  read_all(expected, head[6], file);
  fclose(file);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  read_inputs(argv[1]);
  open_sockets();
  printf("%s\n", FASTEST);
  fflush(stdout);
  char mode[16], builder[16];
  uint32_t batch, batches;
  while (scanf("%15s %u %u %15s", mode, &batch, &batches, builder) == 4) {
    uint64_t ns = 0, sent = 0, wrongs = 0;
    int builds = strcmp(mode, "send") != 0, sends = strcmp(mode, "build") != 0;
    int plain = strcmp(builder, "openssl") == 0;
    for (uint32_t done = 0; done < batches; done++) {
      uint32_t first = done % (count / batch) * batch;
      static const uint8_t *octets[MAX_BATCH];
      for (uint32_t i = 0; i < batch; i++) {
        octets[i] = builds ? messages[i] : expected + offsets[first + i];
        if (!builds) lengths[i] = offsets[first + i + 1] - offsets[first + i];
      }
      uint64_t start = now();
      if (builds) (plain ? build_openssl : build_fastest)(ues + first, batch);
      if (sends) send_batch(octets, lengths, batch, plain);
      ns += now() - start;
      sent += batch;
      if (sends) {
        int got = recvmmsg(receiver, in_headers, batch, MSG_DONTWAIT, NULL);
        if (got < 0) got = 0;
        wrongs += batch - (uint32_t)got;
        for (int i = 0; i < got; i++) wrongs += wrong(received[i], in_headers[i].msg_len, first + (uint32_t)i);
      } else {
        for (uint32_t i = 0; i < batch; i++) wrongs += wrong(messages[i], lengths[i], first + i);
      }
    }
    printf("%llu %llu %llu\n", (unsigned long long)ns, (unsigned long long)sent, (unsigned long long)wrongs);
    fflush(stdout);
  }
  return 0;
}
