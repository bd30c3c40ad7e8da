/*
 * The limit to compare with: the same messages made natively and sent by sendmmsg. With SHA and AES
 * instructions where the compiler is told that the machine has them, four messages interleaved; else with
 * OpenSSL. usage: limit INPUTS; then a line "build|send|both|deliver BATCH BATCHES fastest|openssl" for each
 * answer "ns messages wrong"; the messages of "deliver" are those that were verified.
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

static uint32_t bmsc_id_length, *answer_offsets;
static uint8_t bmsc_id[MAX_ID], *answers;

static uint8_t messages[MAX_BATCH][SLOT];
static uint32_t lengths[MAX_BATCH];
/* They authenticate a message, and the answer to it. */
static uint8_t auth_keys[MAX_BATCH][20];

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
    memcpy(auth_keys[i], auth, 20);
    lengths[i] = (uint32_t)(at + 20 - messages[i]);
  }
}

/* An answer whose MAC is to be checked: the text that it covers, with room for padding, and its key's message. */
typedef struct {
  uint32_t index, length;
  uint8_t text[SLOT], mac[20];
} Answer;

static void macs_openssl(uint8_t (*out)[20], Answer *first, uint32_t n) {
  for (uint32_t i = 0; i < n; i++)
    HMAC(EVP_sha1(), auth_keys[first[i].index], 20, first[i].text, first[i].length, out[i], NULL);
}

#if defined(__SHA__) && defined(__AES__)
#include "limit-sha-ni.h"
#else
static const char *const FASTEST = "openssl";
static void build_fastest(const Ue *first, uint32_t n) { build_openssl(first, n); }
static void macs_fastest(uint8_t (*out)[20], Answer *first, uint32_t n) { macs_openssl(out, first, n); }
#endif

static int sender, receiver;
static struct sockaddr_in to, back;
static struct mmsghdr out_headers[MAX_BATCH], in_headers[MAX_BATCH];
static struct iovec out_vectors[MAX_BATCH], in_vectors[MAX_BATCH];
static uint8_t received[MAX_BATCH][SLOT];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void make_room(int socket) {
  int octets = 8 * 1024 * 1024;
  if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof octets) != 0 &&
      setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets) != 0)
    die("SO_RCVBUF");
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
  if (getsockname(sender, (struct sockaddr *)&back, &length) != 0) die("getsockname");
  make_room(sender);
  make_room(receiver);
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
  uint32_t lengths_of[2];
  read_all(lengths_of, sizeof lengths_of, file);
  bmsc_id_length = lengths_of[0];
  if (bmsc_id_length > MAX_ID) die("BM-SC ID");
  answers = malloc(lengths_of[1]);
  answer_offsets = malloc((count + 1) * 4);
  read_all(bmsc_id, bmsc_id_length, file);
  read_all(answer_offsets, (count + 1) * 4, file);
  read_all(answers, lengths_of[1], file);
  fclose(file);
}

#include "limit-deliver.h"

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
    if (strcmp(mode, "deliver") == 0) {
      deliver(batch, batches, strcmp(builder, "openssl") == 0);
      continue;
    }
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
