"""AES-128, encryption of one block (FIPS 197), and counter mode. For tests: slow, and not in constant time."""


def _xtime(a):
    return ((a << 1) ^ 0x11B if a & 0x80 else a << 1) & 0xFF


def _make_sbox():
    # Walks the field by its generator 3 and, beside it, by the inverse of 3.
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ _xtime(p)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        turn = lambda n: ((q << n) | (q >> (8 - n))) & 0xFF
        sbox[p] = q ^ turn(1) ^ turn(2) ^ turn(3) ^ turn(4) ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


SBOX = _make_sbox()


def _round_keys(key):
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    rcon = 1
    for i in range(4, 44):
        word = list(words[i - 1])
        if i % 4 == 0:
            word = [SBOX[x] for x in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = _xtime(rcon)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i : i + 4], []) for i in range(0, 44, 4)]


def encrypt_block(key, block):
    if len(key) != 16 or len(block) != 16:
        raise ValueError("AES-128 takes a key and a block of 16 octets")
    keys = _round_keys(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = [SBOX[x] for x in state]
        # ShiftRows: the state is kept column by column.
        state = [state[(4 * (column + row) + row) % 16] for column in range(4) for row in range(4)]
        if number < 10:
            mixed = []
            for c in range(0, 16, 4):
                a = state[c : c + 4]
                every = a[0] ^ a[1] ^ a[2] ^ a[3]
                mixed += [a[i] ^ every ^ _xtime(a[i] ^ a[(i + 1) % 4]) for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def counter_mode(key, first_block, data):
    counter, out = int.from_bytes(first_block, "big"), b""
    for start in range(0, len(data), 16):
        stream = encrypt_block(key, (counter % 2**128).to_bytes(16, "big"))
        out += bytes(a ^ b for a, b in zip(data[start : start + 16], stream))
        counter += 1
    return out
