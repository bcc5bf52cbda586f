PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
FAUST := .cache/faust/.installed

.PHONY: setup demo test test-system lint schemas lock clean faults mutants comparison bench-w1 bench-ingest bench-restore bench-flat

setup: $(STAMP)

$(STAMP): pyproject.toml requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which one: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

# Everything on the embedded Kafka: make demo, or make demo DATA=folder for imported data.
demo: setup
	$(BIN)/backorder demo $(if $(DATA),--data $(DATA)) $(DEMO_ARGS)

# TEST_JOBS=2: two files of tests at a time, each worker with a Kafka of its own. They wait more than they work, so it
# takes little more than half as long; but on a busy machine a fault may come too late to meet what it should.
TEST_JOBS ?= 0
PYTEST := $(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadscope

test: setup
	$(PYTEST) $(PYTEST_ARGS)

# The tests that need a Kafka once more, on the same version in a container, and those of containers themselves. Where
# no Docker engine answers, one is installed and started (Debian, root).
test-system: setup
	deploy/docker-engine.sh
	$(BIN)/python deploy/kafka/build.py --unless-official
	$(PYTEST) --broker docker $(or $(PYTEST_ARGS),tests/broker tests/system)

# Everything that breaks things on purpose, the long way. It prints FAULT_SEED and a report, kept below .run/faults/;
# FAULT_SEED=7 make faults is the same again. FAULT_ARGS: --only tests, --rounds 3.
faults: setup $(FAUST)
	$(BIN)/python -m tests.faults.run $(FAULT_ARGS)

# Deliberately broken engines: each has to be caught by the test that is named for it. MUTANTS: names, else all.
mutants: setup
	$(BIN)/python -m tests.mutants $(MUTANTS)

# The same job and the same kills on Faust, which has an environment of its own.
comparison: setup $(FAUST)
	$(BIN)/python -m tests.faults.comparison $(COMPARISON_ARGS)

$(FAUST): tests/faults/comparison/requirements.txt
	$(PYTHON) -m venv .cache/faust
	.cache/faust/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# Our engine beside its peers on one workload; then what ingest costs, a restore, and an event of a long queue.
# BENCH_ARGS: --messages 600000, --systems engine,streams, --keep, ... The peers' environment is made by the first.
bench-w1: setup
	$(BIN)/python -m bench.w1 $(BENCH_ARGS)

bench-ingest: setup
	$(BIN)/python -m bench.ingest $(BENCH_ARGS)

bench-restore: setup
	$(BIN)/python -m bench.restore $(BENCH_ARGS)

bench-flat: setup
	$(BIN)/python -m bench.flat $(BENCH_ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Writes the generated files under schemas/ and docs/ again.
schemas: setup
	$(BIN)/backorder schemas write
	$(BIN)/python docs/generate.py

# Needs uv; versions and hashes only, no addresses.
lock:
	uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 --extra local \
	  pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  --extra local --extra testing --extra dev pyproject.toml requirements/build.in -c requirements/run.txt -o requirements/dev.txt
	uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 \
	  bench/requirements.in -o bench/requirements.txt

clean:
	rm -rf $(VENV) .run .cache
