"""A token for each line of standard input; a number on the line asks so many times at once."""
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from keyturn_tokens import TokenRefused, TokenSource

tokens = TokenSource(os.environ["SIGN_URL"], json.loads(sys.argv[1]))

for line in sys.stdin:
    times = int(line.strip() or 1)
    try:
        with ThreadPoolExecutor(times) as pool:
            print(*set(pool.map(lambda _: tokens.get(), range(times))), flush=True)
    except TokenRefused as refusal:
        print(f"refused {refusal}", flush=True)
