"""A mix of what Python programs do, each part a few tenths of a second: calls, objects, floats, dicts, strings, json, re, sorting, big integers.

Prints a checksum on stdout and the nanoseconds taken, without the interpreter's start, on stderr, as the C kernels do.
"""

import json
import re
import sys
import time
import zlib

start = time.perf_counter_ns()
checksum = 0


def note(value):
    """Folds the text of a result into the checksum."""
    global checksum
    checksum = zlib.crc32(str(value).encode(), checksum)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def scaled(self, factor):
        return Vector(self.x * factor, self.y * factor)


def objects(n):
    position, speed = Vector(0.0, 0.0), Vector(1.0, 0.5)
    for _ in range(n):
        position = position + speed.scaled(0.01)
        speed = speed.scaled(0.9999)
    return position.x, position.y


def bodies(n):
    points = [[float(i), i * 0.5, 0.0, 0.0] for i in range(5)]
    for _ in range(n):
        for i, a in enumerate(points):
            for b in points[i + 1:]:
                dx, dy = a[0] - b[0], a[1] - b[1]
                pull = 0.001 / (dx * dx + dy * dy + 0.01) ** 1.5
                a[2] -= dx * pull
                a[3] -= dy * pull
                b[2] += dx * pull
                b[3] += dy * pull
        for p in points:
            p[0] += p[2]
            p[1] += p[3]
    return [round(v, 9) for p in points for v in p]


def words(n):
    counts = {}
    state = 1
    for _ in range(n):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        word = "w" + str(state % 997)
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]


def records(n):
    data = [{"id": i, "name": f"user {i}", "tags": ["a", "b", str(i % 7)], "score": i / 8} for i in range(n)]
    text = json.dumps(data, indent=1)
    again = json.loads(text)
    return len(text), sum(r["score"] for r in again)


def patterns(n):
    text = " ".join(f"key{i}=value{i * 7 % 100}; mail{i}@example.org" for i in range(n))
    pairs = re.findall(r"(\w+)=(\w+)", text)
    mails = re.sub(r"(\w+)@(\w+)\.org", r"\2 at \1", text)
    return len(pairs), zlib.crc32(mails.encode())


def sieve(n):
    flags = bytearray([1]) * (n + 1)
    for i in range(2, int(n ** 0.5) + 1):
        if flags[i]:
            flags[i * i :: i] = bytes(len(range(i * i, n + 1, i)))
    return sum(flags) - 2


def text(n):
    lines = [",".join(str(i * j % 101) for j in range(10)) for i in range(n)]
    return sum(int(field) for line in lines for field in line.split(",")), "".join(lines)[::-97][:40]


def squares(n):
    def pairs():
        for i in range(n):
            yield i * i % 1009, i

    ordered = sorted(pairs())
    return ordered[n // 2], {a: b for a, b in ordered}[1]


note(fibonacci(24))
note(objects(60000))
note(bodies(2500))
note(words(120000))
note(records(5000))
note(patterns(5000))
note(sieve(400000))
note(text(6000))
note(squares(60000))
note(pow(3, 20000) % 10**50)
note(len(str(7**4000)))

print(f"{checksum:08x}")
print(time.perf_counter_ns() - start, file=sys.stderr)
