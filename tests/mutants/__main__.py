"""`python -m tests.mutants [name ...] [--rules] [--table] [--report FILE]`: see `run`."""

import argparse
import json
import sys
from pathlib import Path

from tests.mutants.mutants import MUTANTS
from tests.mutants.rules import RULES
from tests.mutants.run import try_all


def main() -> int:
    names = {mutant.name: mutant for mutant in (*MUTANTS, *RULES)}
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("names", nargs="*", metavar="name", help="which; all when none is named")
    parser.add_argument("--rules", action="store_true", help="those of the domain's rules; no broker")
    parser.add_argument("--table", action="store_true", help="print the rows for docs/reliability.md")
    parser.add_argument("--report", type=Path, help="write the outcome to this file")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - names.keys():
        parser.error(f"no mutant is called {', '.join(sorted(unknown))}")
    if arguments.table:
        print("\n".join(mutant.row() for mutant in (RULES if arguments.rules else MUTANTS)))
        return 0
    chosen = arguments.names or [mutant.name for mutant in RULES if arguments.rules] or names
    results = try_all([names[name] for name in chosen])
    caught = [name for name, result in results.items() if result.caught]
    print(f"{len(caught)} of {len(results)} mutants were caught")
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        outcome = {name: {"caught": result.caught, "why": result.why} for name, result in results.items()}
        arguments.report.write_text(json.dumps(outcome, indent=2) + "\n", encoding="utf-8")
    return 0 if len(caught) == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
