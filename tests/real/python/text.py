"""json, re, string formatting, Unicode, hashes, struct, base64, textwrap, datetime."""
import base64
import binascii
import datetime
import hashlib
import json
import re
import struct
import textwrap
import unicodedata

document = {"name": "žluťoučký kůň", "values": [1, 2.5, -3e-7, 1e22, None, True], "nested": {"empty": {}, "list": []}}
text = json.dumps(document, indent=1, sort_keys=True)
print(text)
print(json.loads(text) == document, json.dumps("\u2028\x00\"", ensure_ascii=True), json.loads("1e400"))
try:
    json.loads('{"a": [1, 2,, 3]}')
except json.JSONDecodeError as error:
    print(error)

log = "2024-01-31 ERROR disk full (code=28)\n2024-02-01 INFO ok\n2024-02-29 ERROR net down (code=113)\n"
pattern = re.compile(r"^(?P<date>\d{4}-\d\d-\d\d) (?P<level>ERROR) (?P<what>.*?) \(code=(?P<code>\d+)\)$", re.M)
print([match.groupdict() for match in pattern.finditer(log)])
print(re.sub(r"(\w+)@(\w+)\.com", r"\2 at \1", "me@example.com you@test.com"), re.split(r"[;,\s]+", "a; b,c  d"))
print(re.findall(r"(?<!\d)(\d{3})(?!\d)", "1234 567 89 012"), re.fullmatch(r"(a|ab)(c|bcd)(d*)", "abcd").groups())

print(f"{3.14159:>10.3f}|{1234567.891:,.2f}|{255:#x}|{255:08b}|{'mid':^9}|{0.1 + 0.2!r}|{1e16}|{5e-324}")
print("%5d|%-8s|%+.2e|%r" % (42, "left", 12345.678, "quo'te"))
print(unicodedata.normalize("NFD", "é").encode(), unicodedata.name("🦀"), "ß".upper(), "İ".lower().encode())
print("naïve café".title(), "tEST".swapcase(), "a-b-c".partition("-"), "x".join("123"))
print(hashlib.sha256(b"abc").hexdigest()[:32], hashlib.md5(b"").hexdigest(), hex(binascii.crc32(b"123456789")))
print(struct.pack("<bHiqfd", -1, 65535, -2, 2**40, 1.5, -0.1).hex(), struct.unpack(">I", b"\x00\x01\x02\x03"))
print(base64.b64encode(bytes(range(10))), base64.b85encode(b"wasm"))
print(textwrap.fill("The quick brown fox jumps over the lazy dog, again and again.", width=24))
print(datetime.date(2024, 2, 29) + datetime.timedelta(days=366), datetime.datetime(1999, 12, 31, 23, 59).isoformat())
