-- What Wireshark's MIKEY dissector lacks for MBMS (TS 33.246): the empty CS ID map and the Key IDs of RFC 4563, and,
-- with a file of keys, the MAC and the key data of MSK and MTK messages. Runs behind Wireshark's own dissector.
--
--   wireshark -X lua_script:mbms-mikey.lua -o mbms_mikey.keys:session.keys session.pcapng
--
-- A line of the file is `muk IDr KEY` or `msk DOMAIN_AND_MSK_ID RAND KEY`, octets in hexadecimal. Others are passed over.

local mbms = Proto("mbms_mikey", "MBMS MIKEY")
mbms.prefs.keys = Pref.string("Keys", "", "A file with MUKs and MSKs")

local F = {
  empty_map = ProtoField.string("mbms_mikey.cs_id_map", "CS ID map"),
  key_domain = ProtoField.bytes("mbms_mikey.key_domain_id", "Key Domain ID"),
  key_group = ProtoField.uint16("mbms_mikey.key_group", "Key Group", base.HEX),
  key_number = ProtoField.uint16("mbms_mikey.key_number", "Key Number", base.HEX),
  mtk_id = ProtoField.uint16("mbms_mikey.mtk_id", "MTK ID", base.HEX),
  counter = ProtoField.uint32("mbms_mikey.counter", "Counter"),
  kind = ProtoField.string("mbms_mikey.kind", "Message"),
  mac = ProtoField.string("mbms_mikey.mac", "MAC"),
  key_data = ProtoField.bytes("mbms_mikey.key_data", "Key data, decrypted"),
  key = ProtoField.bytes("mbms_mikey.key", "Key"),
  salt = ProtoField.bytes("mbms_mikey.salt", "Salt"),
  seql = ProtoField.uint32("mbms_mikey.seql", "First MTK ID", base.HEX),
  sequ = ProtoField.uint32("mbms_mikey.sequ", "Last MTK ID", base.HEX),
}
mbms.fields = F

local wrong_mac = ProtoExpert.new("mbms_mikey.wrong_mac", "The MAC is wrong under this key", expert.group.CHECKSUM, expert.severity.ERROR)
local malformed = ProtoExpert.new("mbms_mikey.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR)
mbms.experts = { wrong_mac, malformed }

local band, bxor, bor, bnot = bit.band, bit.bxor, bit.bor, bit.bnot
local lshift, rshift, rol = bit.lshift, bit.rshift, bit.rol
local unpack_all = table.unpack or unpack

-- Octets are strings of Lua.

local function uint(width, value)
  local out = ""
  for _ = 1, width do
    out = string.char(value % 256) .. out
    value = math.floor(value / 256)
  end
  return out
end

local function from_hex(text)
  return (text:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function to_hex(octets)
  return (octets:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

local function xor(a, b)
  local out = {}
  for i = 1, math.min(#a, #b) do out[i] = string.char(bxor(a:byte(i), b:byte(i))) end
  return table.concat(out)
end

-- SHA-1 (FIPS 180-4) and HMAC (RFC 2104).

local function sha1(text)
  local h0, h1, h2, h3, h4 = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0
  local padded = text .. "\128" .. string.rep("\0", (55 - #text) % 64) .. uint(8, #text * 8)
  for start = 1, #padded, 64 do
    local w = {}
    for i = 0, 15 do
      local a, b, c, d = padded:byte(start + 4 * i, start + 4 * i + 3)
      w[i] = bor(lshift(a, 24), lshift(b, 16), lshift(c, 8), d)
    end
    for i = 16, 79 do w[i] = rol(bxor(w[i - 3], w[i - 8], w[i - 14], w[i - 16]), 1) end
    local a, b, c, d, e = h0, h1, h2, h3, h4
    for i = 0, 79 do
      local f, k
      if i < 20 then f, k = bor(band(b, c), band(bnot(b), d)), 0x5A827999
      elseif i < 40 then f, k = bxor(b, c, d), 0x6ED9EBA1
      elseif i < 60 then f, k = bor(band(b, c), band(b, d), band(c, d)), 0x8F1BBCDC
      else f, k = bxor(b, c, d), 0xCA62C1D6 end
      local sum = bit.tobit(rol(a, 5) + f + e + k + w[i])
      a, b, c, d, e = sum, a, rol(b, 30), c, d
    end
    h0, h1, h2 = bit.tobit(h0 + a), bit.tobit(h1 + b), bit.tobit(h2 + c)
    h3, h4 = bit.tobit(h3 + d), bit.tobit(h4 + e)
  end
  local out = {}
  for _, h in ipairs({ h0, h1, h2, h3, h4 }) do out[#out + 1] = uint(4, h % 2 ^ 32) end
  return table.concat(out)
end

local function hmac(key, text)
  if #key > 64 then key = sha1(key) end
  key = key .. string.rep("\0", 64 - #key)
  return sha1(xor(key, string.rep("\92", 64)) .. sha1(xor(key, string.rep("\54", 64)) .. text))
end

-- AES-128, encryption of a block (FIPS 197).

local function xtime(a)
  return band(bxor(lshift(a, 1), a >= 128 and 0x1B or 0), 255)
end

local SBOX = {}
do
  local p, q = 1, 1
  repeat
    p = bxor(p, xtime(p))
    q = bxor(q, lshift(q, 1))
    q = bxor(q, lshift(q, 2))
    q = band(bxor(q, lshift(q, 4)), 255)
    if q >= 128 then q = bxor(q, 9) end
    local function turn(n) return band(bor(lshift(q, n), rshift(q, 8 - n)), 255) end
    SBOX[p] = bxor(q, turn(1), turn(2), turn(3), turn(4), 0x63)
  until p == 1
  SBOX[0] = 0x63
end

local function round_keys(key)
  local k, rcon = { key:byte(1, 16) }, 1
  for i = 17, 176, 4 do
    local w = { k[i - 4], k[i - 3], k[i - 2], k[i - 1] }
    if (i - 1) % 16 == 0 then
      w = { bxor(SBOX[w[2]], rcon), SBOX[w[3]], SBOX[w[4]], SBOX[w[1]] }
      rcon = xtime(rcon)
    end
    for j = 0, 3 do k[i + j] = bxor(k[i + j - 16], w[j + 1]) end
  end
  return k
end

local function encrypt_block(k, block)
  local s = { block:byte(1, 16) }
  for i = 1, 16 do s[i] = bxor(s[i], k[i]) end
  for round = 1, 10 do
    local t = {}
    for column = 0, 3 do
      for row = 0, 3 do t[4 * column + row + 1] = SBOX[s[(4 * (column + row) + row) % 16 + 1]] end
    end
    if round < 10 then
      for c = 0, 12, 4 do
        local a = { t[c + 1], t[c + 2], t[c + 3], t[c + 4] }
        local every = bxor(a[1], a[2], a[3], a[4])
        for i = 0, 3 do t[c + i + 1] = bxor(a[i + 1], every, xtime(bxor(a[i + 1], a[(i + 1) % 4 + 1]))) end
      end
    end
    for i = 1, 16 do s[i] = bxor(t[i], k[16 * round + i]) end
  end
  return string.char(unpack_all(s))
end

-- The counter stands in the last two octets of the first block, which are zero: no message is so long that it carries.
local function counter_mode(key, first, data)
  local k, out = round_keys(key), {}
  for i = 0, math.ceil(#data / 16) - 1 do
    out[#out + 1] = xor(data:sub(16 * i + 1, 16 * i + 16), encrypt_block(k, first:sub(1, 14) .. uint(2, i)))
  end
  return table.concat(out)
end

-- The PRF and the keys of a message (RFC 3830 4.1.2, 4.1.4).

local function prf(inkey, label, length)
  local out = string.rep("\0", length)
  for start = 1, #inkey, 32 do
    local s, a, p = inkey:sub(start, start + 31), label, ""
    while #p < length do
      a = hmac(s, a)
      p = p .. hmac(s, a .. label)
    end
    out = xor(out, p)
  end
  return out
end

local function message_key(psk, constant, csb_id, rand, length)
  return prf(psk, uint(4, constant) .. "\255" .. csb_id .. rand, length)
end

-- The keys that the user has, read again when the file's name changes.

local keys = { muk = {}, msk = {} }

local function read_keys()
  keys = { muk = {}, msk = {} }
  local file = mbms.prefs.keys ~= "" and io.open(mbms.prefs.keys) or nil
  if not file then return end
  for line in file:lines() do
    local idr, muk = line:match("^muk (%x+) (%x+)%s*$")
    if idr then keys.muk[from_hex(idr)] = from_hex(muk) end
    local id, rand, msk = line:match("^msk (%x+) (%x+) (%x+)%s*$")
    if id then keys.msk[from_hex(id)] = { rand = from_hex(rand), key = from_hex(msk) } end
  end
  file:close()
end

function mbms.prefs_changed() read_keys() end
function mbms.init() read_keys() end

-- The payloads of a message, by what this dissector needs; nil where there is no MIKEY message.

local T, RAND, ID, KEMAC, V, SP, EXT, ERR = 5, 11, 6, 1, 9, 10, 21, 12
local TS_LENGTH = { [0] = 8, [1] = 8, [2] = 4 }

local function payloads_of(tvb)
  if tvb:len() < 10 or tvb(0, 1):uint() ~= 1 then return nil end
  local m = { ids = {}, type = tvb(1, 1):uint(), csb_id = tvb:raw(4, 4), map = tvb(8, 2) }
  local at = 10
  if tvb(9, 1):uint() == 0 then at = at + 9 * tvb(8, 1):uint() end
  local kind = tvb(2, 1):uint()
  while kind ~= 0 do
    local next_kind, length = tvb(at, 1):uint(), nil
    if kind == T then
      local ts = tvb(at + 1, 1):uint()
      length = 2 + (TS_LENGTH[ts] or error("TS type"))
      if ts == 2 then m.counter = tvb(at + 2, 4) end
    elseif kind == RAND then
      length = 2 + tvb(at + 1, 1):uint()
      m.rand = tvb:raw(at + 2, length - 2)
    elseif kind == ID then
      length = 4 + tvb(at + 2, 2):uint()
      m.ids[#m.ids + 1] = tvb:raw(at + 4, length - 4)
    elseif kind == SP then
      length = 5 + tvb(at + 3, 2):uint()
    elseif kind == ERR then
      length = 4
    elseif kind == EXT then
      length = 4 + tvb(at + 2, 2):uint()
      if tvb(at + 1, 1):uint() == 3 then m.ext = tvb(at + 4, length - 4) end
    elseif kind == KEMAC then
      local size = tvb(at + 2, 2):uint()
      m.encr_alg, m.encr_data = tvb(at + 1, 1):uint(), size > 0 and tvb(at + 4, size) or nil
      length = 25 + size
      m.mac = tvb(at + 5 + size, 20)
    elseif kind == V then
      length = 22
      m.mac = tvb(at + 2, 20)
    else
      return nil
    end
    at = at + length
    kind = next_kind
  end
  return at == tvb:len() and m or nil
end

-- Adds the Key IDs of RFC 4563 to the tree. Returns Key Domain ID and MSK ID together, and whether there is an MTK ID.
local function add_key_ids(tree, ext)
  local domain, msk, has_mtk, at = "", "", false, 0
  while at + 2 <= ext:len() do
    local kind, length = ext(at, 1):uint(), ext(at + 1, 1):uint()
    if at + 2 + length > ext:len() then return nil end
    local value = ext(at + 2, length)
    if kind == 0 then
      domain = value:bytes():raw()
      tree:add(F.key_domain, value)
    elseif kind == 1 and length == 4 then
      msk = value:bytes():raw()
      tree:add(F.key_group, value(0, 2))
      tree:add(F.key_number, value(2, 2))
    elseif kind == 2 and length == 2 then
      has_mtk = true
      tree:add(F.mtk_id, value)
    end
    at = at + 2 + length
  end
  return domain .. msk, has_mtk
end

local function kind_of(m, id, has_mtk)
  if m.type == 1 then return "verification" end
  if has_mtk then return "MTK" end
  if not m.encr_data and id and id:sub(-2) == "\0\0" then return "solicited pull" end
  return "MSK"
end

-- Adds what stands in the decrypted key data (RFC 3830 6.13, 6.14).
local function add_key_data(tree, plain)
  local tvb = ByteArray.new(to_hex(plain)):tvb("Key data, decrypted")
  local sub = tree:add(F.key_data, tvb())
  local both, at = tvb(1, 1):uint(), 4 + tvb(2, 2):uint()
  sub:add(F.key, tvb(4, at - 4))
  local kind = rshift(both, 4)
  if kind == 1 or kind == 3 then
    local length = tvb(at, 2):uint()
    sub:add(F.salt, tvb(at + 2, length))
    at = at + 2 + length
  end
  if band(both, 15) == 2 then
    local from = tvb(at, 1):uint()
    sub:add(F.seql, tvb(at + 1, from))
    sub:add(F.sequ, tvb(at + 2 + from, tvb(at + 1 + from, 1):uint()))
  end
end

-- RAND and IDi of the MSK message that a verification message answers, by CSB ID.
local sent = {}

local function open(tree, tvb, m, psk, rand)
  -- MBMS has a counter for a time stamp, and the keys need it.
  if not m.counter then return end
  local covered, also = tvb:raw(0, tvb:len() - 20), ""
  if m.type == 1 then also = (sent[m.csb_id] or {}).idi .. m.ids[1] .. m.counter:bytes():raw() end
  local auth = message_key(psk, 0x2D22AC75, m.csb_id, rand, 20)
  local is_right = hmac(auth, covered .. also) == m.mac:bytes():raw()
  local item = tree:add(F.mac, m.mac, is_right and "right" or "wrong")
  if not is_right then return item:add_proto_expert_info(wrong_mac) end
  if not m.encr_data then return end
  local plain = m.encr_data:bytes():raw()
  if m.encr_alg == 1 then
    local salt = message_key(psk, 0x29B88916, m.csb_id, rand, 14)
    local mask = "\0\0" .. m.csb_id .. "\0\0\0\0" .. m.counter:bytes():raw()
    plain = counter_mode(message_key(psk, 0x150533E1, m.csb_id, rand, 16), xor(salt, mask) .. "\0\0", plain)
  end
  if not pcall(add_key_data, tree, plain) then tree:add_proto_expert_info(malformed, "Malformed key data") end
end

local function add_all(tree, tvb, m)
  if m.map(1, 1):uint() == 1 then tree:add(F.empty_map, m.map, "empty (RFC 4563)") end
  if m.counter then tree:add(F.counter, m.counter) end
  local id, has_mtk
  if m.ext then id, has_mtk = add_key_ids(tree, m.ext) end
  local kind = kind_of(m, id, has_mtk)
  tree:add(F.kind, kind):set_generated()
  if kind == "MTK" then
    local msk = keys.msk[id or ""]
    if msk then open(tree, tvb, m, msk.key, msk.rand) end
  elseif kind == "verification" then
    local answered, muk = sent[m.csb_id], keys.muk[m.ids[1] or ""]
    if answered and muk then open(tree, tvb, m, muk, answered.rand) end
  elseif m.rand then
    sent[m.csb_id] = { rand = m.rand, idi = m.ids[1] or "" }
    local muk = keys.muk[m.ids[2] or ""]
    if muk then open(tree, tvb, m, muk, m.rand) end
  end
  return kind
end

local mikey = Dissector.get("mikey")

function mbms.dissector(tvb, pinfo, tree)
  -- Wireshark's own dissector ends a malformed message by an error.
  local is_whole = pcall(mikey.call, mikey, tvb, pinfo, tree)
  if not is_whole then tree:add_proto_expert_info(malformed, "Malformed MIKEY message") end
  local is_read, m = pcall(payloads_of, tvb)
  if not is_read or not m then return tvb:len() end
  local sub = tree:add(mbms, tvb())
  local kind = add_all(sub, tvb, m)
  pinfo.cols.info:append(", MBMS " .. kind)
  return tvb:len()
end

DissectorTable.get("udp.port"):add(2269, mbms)
