"""Big integers, sorting, floating point, random, heaps, comprehensions, itertools."""
import bisect
import cmath
import heapq
import itertools
import math
import random

factorial = math.factorial(300)
print(len(str(factorial)), str(factorial)[:20], factorial % (10**9 + 7))
print(pow(3, 10**18, 10**9 + 7), 2**521 - 1 == int(str(2**521 - 1)), (-7) // 2, (-7) % 3, divmod(-(10**30), 7**20))
print(hex(0xDEADBEEF << 100), (1 << 200).bit_length(), int("zz", 36), ~(2**70), math.isqrt(10**41), math.gcd(2**64, 6**40))


def pi_digits(count):
    q, r, t, k, m, x = 1, 0, 1, 1, 3, 3
    digits = []
    while len(digits) < count:
        if 4 * q + r - t < m * t:
            digits.append(m)
            q, r, m = 10 * q, 10 * (r - m * t), (10 * (3 * q + r)) // t - 10 * m
        else:
            q, r, t, k, m, x = q * k, (2 * q + r) * x, t * x, k + 1, (q * (7 * k + 2) + r * x) // (t * x), x + 2
    return "".join(map(str, digits))


print(pi_digits(60))

state = 42
numbers = []
for _ in range(50000):
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    numbers.append(state >> 33)
ordered = sorted(numbers)
print(ordered[0], ordered[25000], ordered[-1], all(a <= b for a, b in zip(ordered, ordered[1:])), sum(ordered) == sum(numbers))
print(sorted(["banana", "Apple", "cherry"], key=str.lower), sorted([(2, "b"), (1, "z"), (2, "a")], reverse=True))
people = sorted([("Ann", 3), ("Bob", 1), ("Cid", 3), ("Dan", 1)], key=lambda person: person[1])
print(people, bisect.bisect(ordered, ordered[777]) >= 778, heapq.nsmallest(3, numbers) == ordered[:3])

print(0.1 + 0.2, 1e308 * 10, -0.0, float("nan") != float("nan"), round(2.675, 2), round(-2.5), 7.0 // -2, 1e16 + 1)
print(math.sin(1), math.exp(-1), math.log2(3), math.gamma(5.5), math.hypot(3, 4), math.fsum([0.1] * 10), (0.1).hex())
print(cmath.sqrt(-1), (1 + 2j) ** 3, abs(3 + 4j), float.fromhex("0x1.8p-3"), (2.5).as_integer_ratio())
random.seed(2024)
print([random.randint(1, 100) for _ in range(8)], random.random(), random.sample(range(1000), 3))
print(list(itertools.islice(itertools.permutations("abc"), 3)), sum(1 for _ in itertools.combinations(range(20), 6)))
matrix = [[(i * j) % 7 for j in range(5)] for i in range(5)]
print([list(row) for row in zip(*matrix)][1], {n: n**2 for n in range(4)}, {n % 3 for n in range(10)})
