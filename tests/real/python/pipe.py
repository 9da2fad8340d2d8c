"""Reads a pipe on standard input, line by line and then whole; arguments, environment, exit code."""
import os
import sys

header = input()
print("header:", header)
total = 0
for line in sys.stdin:
    if not line.strip():
        break
    total += int(line)
rest = sys.stdin.read()
print("total:", total, "rest:", len(rest), rest.split("\n")[0])
print(sys.argv[1:], os.environ.get("GREETING"), os.environ.get("HOST_SECRET"), sys.platform)
print("to stderr", file=sys.stderr)
sys.exit(3)
