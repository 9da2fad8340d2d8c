"""Classes, properties, inheritance, operators, data classes, generators, context managers, exceptions."""
import enum
import functools
from abc import ABC, abstractmethod
from collections import Counter, defaultdict, namedtuple
from contextlib import contextmanager
from dataclasses import dataclass, field


class Shape(ABC):
    count = 0

    def __init__(self, name):
        self.name = name
        Shape.count += 1

    @property
    @abstractmethod
    def area(self): ...

    def __lt__(self, other):
        return self.area < other.area

    def __repr__(self):
        return f"<{type(self).__name__} {self.name} {self.area:.2f}>"


class Square(Shape):
    def __init__(self, side):
        super().__init__(f"square-{side}")
        self.side = side

    @property
    def area(self):
        return self.side**2


class Circle(Shape):
    __slots__ = ("radius",)

    def __init__(self, radius):
        super().__init__(f"circle-{radius}")
        self.radius = radius

    @property
    def area(self):
        return 3.14159 * self.radius**2


@dataclass(order=True, frozen=True)
class Version:
    major: int
    minor: int = 0
    tags: tuple = field(default=(), compare=False)


class Colour(enum.Flag):
    RED = enum.auto()
    GREEN = enum.auto()


@contextmanager
def section(name):
    print("enter", name)
    try:
        yield name.upper()
    except ValueError as error:
        print("swallowed", error)
    finally:
        print("leave", name)


@functools.lru_cache(maxsize=None)
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def primes():
    found = []
    number = 2
    while True:
        if all(number % p for p in found):
            found.append(number)
            received = yield number
            if received == "stop":
                return "stopped"
        number += 1


print(sorted([Square(3), Circle(1), Square(1.5), Circle(2)]), Shape.count)
try:
    Shape("abstract")
except TypeError as error:
    print(type(error).__name__)
print(sorted([Version(2, 1), Version(1, 9, ("lts",)), Version(2)]), hash(Version(1)) == hash(Version(1)))
print(Colour.RED | Colour.GREEN, Colour.RED in Colour.RED | Colour.GREEN)
with section("one") as upper:
    print(upper)
    raise ValueError("inside")
print([fibonacci(n) for n in range(91)][-1], fibonacci.cache_info().hits)
generator = primes()
print([next(generator) for _ in range(12)])
try:
    generator.send("stop")
except StopIteration as stop:
    print(stop.value)
print(Counter("mississippi").most_common(2), dict(defaultdict(list, a=[1])), namedtuple("P", "x y")(1, y=2))
match {"kind": "point", "at": [1, 2, 3]}:
    case {"kind": "point", "at": [x, *rest]}:
        print("matched", x, rest)


def recurse(n):
    return recurse(n + 1)


try:
    recurse(0)
except RecursionError as error:
    print("RecursionError:", str(error)[:32])
try:
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise KeyError("outer") from error
except KeyError as error:
    print(repr(error), repr(error.__cause__))
