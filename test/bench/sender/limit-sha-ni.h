/* The part of limit.c for processors with SHA and AES instructions: four messages interleaved. */
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

/* The HMACs of four texts, which are padded in place: each has room for 72 octets more. Wipes no key. */
static void macs4(uint8_t out[LANES][20], uint8_t keys[LANES][64], uint8_t *const text[LANES],
                  const uint32_t octets[LANES]) {
  uint32_t blocks[LANES], most = 0;
  for (int l = 0; l < LANES; l++) {
    blocks[l] = (octets[l] + 9 + 63) / 64;
    if (blocks[l] > most) most = blocks[l];
    memset(text[l] + octets[l], 0, blocks[l] * 64 - octets[l]);
    text[l][octets[l]] = 0x80;
    put32(text[l] + blocks[l] * 64 - 4, (64 + octets[l]) * 8);
  }
  Keys k;
  set_keys(&k, keys);
  State s[LANES], ended[LANES];
  memcpy(s, k.inner, sizeof s);
  for (uint32_t b = 0; b < most; b++) {
    const uint8_t *at[LANES];
    for (int l = 0; l < LANES; l++) at[l] = text[l] + (b < blocks[l] ? b : 0) * 64;
    compress4(s, at);
    for (int l = 0; l < LANES; l++)
      if (b + 1 == blocks[l]) ended[l] = s[l];
  }
  finish(out, &k, ended);
}

static void macs_fastest(uint8_t (*out)[20], Answer *first, uint32_t n) {
  static Answer spare;
  for (uint32_t i = 0; i < n; i += LANES) {
    uint8_t keys[LANES][64] = {0}, macs[LANES][20], *text[LANES];
    uint32_t octets[LANES];
    for (uint32_t l = 0; l < LANES; l++) {
      Answer *answer = i + l < n ? first + i + l : &spare;
      memcpy(keys[l], auth_keys[answer->index], 20);
      text[l] = answer->text;
      octets[l] = answer->length;
    }
    macs4(macs, keys, text, octets);
    for (uint32_t l = 0; l < LANES && i + l < n; l++) memcpy(out[i + l], macs[l], 20);
  }
}

static void build_fastest(const Ue *first, uint32_t n) {
  for (uint32_t i = 0; i < n; i += LANES) {
    const Ue *ue[LANES];
    uint8_t *message[LANES], *end[LANES], spare[LANES][SLOT];
    uint8_t block[LANES][64], encr[LANES][20], auth[LANES][20], salt[LANES][20], iv[16];
    uint32_t octets[LANES];
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
      octets[l] = (uint32_t)(end[l] - message[l]);
      if (i + l < n) {
        lengths[i + l] = octets[l] + 20;
        memcpy(auth_keys[i + l], auth[l], 20);
      }
      memset(block[l], 0, 64);
      memcpy(block[l], auth[l], 20);
    }
    macs4(auth, block, message, octets);
    for (int l = 0; l < LANES; l++) memcpy(end[l], auth[l], 20);
  }
}
