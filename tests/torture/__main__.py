"""python -m tests.torture --kills 100 [--seed 7] [--jobs 4] [--log]"""

import argparse
import asyncio
import os
import secrets
import sys
from random import Random

from tests.torture.kills import plans
from tests.torture.run import all_of, uninterrupted


async def main(kills: int, seed: int, jobs: int, with_log: bool) -> bool:
    """Whether every story ended as the uninterrupted one does. Prints what did not."""
    plain = await uninterrupted()
    print(f"torture: seed {seed}; uninterrupted, the story takes {plain.seconds:.1f} s", flush=True)
    equal = 0
    async for verdict in all_of(plans(kills, plain.seconds, Random(seed)), plain.ending, jobs):
        equal += not verdict.wrong
        print(f"{'DIFFERS' if verdict.wrong else 'equal':7} {verdict.seconds:5.1f} s  {verdict}")
        if verdict.wrong and with_log:
            print("\n".join(verdict.log))
        sys.stdout.flush()
    print(f"torture: {equal} of {kills} equal")
    return equal == kills


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--log", action="store_true", help="with a difference, the bot's log")
    given = parser.parse_args()
    sys.exit(not asyncio.run(main(given.kills, given.seed, given.jobs, given.log)))
