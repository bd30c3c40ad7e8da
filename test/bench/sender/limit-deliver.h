/*
 * The part of limit.c that delivers: builds and sends a batch, receives the UEs' answers, decodes them, matches
 * them with what was sent, and checks their MACs. What UEs do is not timed: they check the messages and
 * send the answers that the reference made for them.
 */
#include <openssl/crypto.h>

/* Some UEs' answers come after a forged one with another MAC; for some, nothing but the forged one comes. */
enum { FORGED_EVERY = 16, SILENT_EVERY = 256, MAC = 20 };

static struct mmsghdr answer_headers[MAX_BATCH];
static struct iovec answer_vectors[MAX_BATCH];
static uint8_t answer_octets[MAX_BATCH][SLOT];
static Answer waiting[MAX_BATCH];
static uint8_t settled[MAX_BATCH];

static int is_silent(uint32_t ue) { return ue % SILENT_EVERY == 7; }

/* UEs receive the batch; returns how many messages were missing or wrong. */
static uint32_t take_messages(uint32_t first, uint32_t batch) {
  int got = recvmmsg(receiver, in_headers, batch, MSG_DONTWAIT, NULL);
  if (got < 0) got = 0;
  uint32_t wrongs = batch - (uint32_t)got;
  for (int i = 0; i < got; i++) wrongs += wrong(received[i], in_headers[i].msg_len, first + (uint32_t)i);
  return wrongs;
}

static void answer(const uint8_t *octets, uint32_t length) {
  if (sendto(receiver, octets, length, 0, (struct sockaddr *)&back, sizeof back) < 0) die("sendto");
}

static void send_answers(uint32_t first, uint32_t batch) {
  for (uint32_t ue = first; ue < first + batch; ue++) {
    const uint8_t *octets = answers + answer_offsets[ue];
    uint32_t length = answer_offsets[ue + 1] - answer_offsets[ue];
    if (ue % FORGED_EVERY == 7) {
      uint8_t forged[SLOT];
      memcpy(forged, octets, length);
      forged[length - 1 - ue % MAC] ^= (uint8_t)(1 + ue % 255);
      answer(forged, length);
    }
    if (!is_silent(ue)) answer(octets, length);
  }
}

/* Decodes HDR, T, IDr and V, and matches them with the message; 0 when it is no answer to one of the batch. */
static int decode(Answer *to_check, const uint8_t *octets, uint32_t length, uint32_t first, uint32_t batch) {
  static const uint8_t HDR[] = {1, 1, 5, 0}, NO_SESSIONS[] = {0, 1}, T[] = {6, 2}, IDR[] = {9}, V[] = {0, 1};
  if (length < 22 || length > SLOT || memcmp(octets, HDR, 4) != 0 || memcmp(octets + 8, NO_SESSIONS, 2) != 0 ||
      memcmp(octets + 10, T, 2) != 0 || octets[16] != IDR[0])
    return 0;
  uint32_t csb_id, counter;
  memcpy(&csb_id, octets + 4, 4);
  memcpy(&counter, octets + 12, 4);
  uint32_t index = ntohl(csb_id) - first;
  if (index >= batch || settled[index]) return 0;
  const Ue *ue = ues + first + index;
  uint32_t id_length = (uint32_t)octets[18] << 8 | octets[19], covered = 22 + id_length;
  if (ntohl(counter) != ue->counter || id_length != ue->id_length || length != covered + MAC ||
      memcmp(octets + 20, ue->id, id_length) != 0 || memcmp(octets + 20 + id_length, V, 2) != 0 ||
      covered + bmsc_id_length + id_length + 4 + 72 > SLOT)
    return 0;
  uint8_t *at = to_check->text;
  memcpy(at, octets, covered);
  memcpy(at += covered, bmsc_id, bmsc_id_length);
  memcpy(at += bmsc_id_length, ue->id, id_length);
  memcpy(at += id_length, octets + 12, 4);
  to_check->length = (uint32_t)(at + 4 - to_check->text);
  to_check->index = index;
  memcpy(to_check->mac, octets + covered, MAC);
  return 1;
}

static void receive_answers(uint32_t first, uint32_t batch, int plain) {
  static uint8_t macs[MAX_BATCH][20];
  for (;;) {
    int got = recvmmsg(sender, answer_headers, MAX_BATCH, MSG_DONTWAIT, NULL);
    if (got <= 0) return;
    uint32_t n = 0;
    for (int i = 0; i < got; i++)
      n += (uint32_t)decode(waiting + n, answer_octets[i], answer_headers[i].msg_len, first, batch);
    (plain ? macs_openssl : macs_fastest)(macs, waiting, n);
    for (uint32_t i = 0; i < n; i++)
      if (CRYPTO_memcmp(macs[i], waiting[i].mac, MAC) == 0) settled[waiting[i].index] = 1;
  }
}

/* Answers "ns verified wrong". */
static void deliver(uint32_t batch, uint32_t batches, int plain) {
  uint64_t ns = 0, verified = 0, wrongs = 0;
  for (int i = 0; i < MAX_BATCH; i++) {
    answer_vectors[i] = (struct iovec){answer_octets[i], SLOT};
    answer_headers[i].msg_hdr = (struct msghdr){.msg_iov = answer_vectors + i, .msg_iovlen = 1};
  }
  for (uint32_t done = 0; done < batches; done++) {
    uint32_t first = done % (count / batch) * batch;
    static const uint8_t *octets[MAX_BATCH];
    for (uint32_t i = 0; i < batch; i++) octets[i] = messages[i];
    memset(settled, 0, sizeof settled);
    uint64_t start = now();
    (plain ? build_openssl : build_fastest)(ues + first, batch);
    send_batch(octets, lengths, batch, plain);
    ns += now() - start;
    wrongs += take_messages(first, batch);
    send_answers(first, batch);
    start = now();
    receive_answers(first, batch, plain);
    ns += now() - start;
    for (uint32_t i = 0; i < batch; i++) {
      verified += settled[i];
      wrongs += settled[i] == is_silent(first + i);
    }
  }
  printf("%llu %llu %llu\n", (unsigned long long)ns, (unsigned long long)verified, (unsigned long long)wrongs);
  fflush(stdout);
}
