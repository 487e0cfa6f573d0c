# Each target sets up what it needs by itself (.ci/setup), on Debian 12 with Python 3.11 and nothing else prepared;
# the files .venv/ready-* say that a stage is up to date.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.PHONY: help run test soak bench check lock

help:
	@echo "make run     serve Citas on http://127.0.0.1:$${PORTAL_PORT:-8000}"
	@echo "make test    run every test"
	@echo "make soak    play 20,000 simulations of portal and kiosks; prints the seeds that fail"
	@echo "make check   linters, types, templates"
	@echo "make bench   measure; the table goes to var/bench"
	@echo "make lock    write requirements.lock anew after a change of pyproject.toml"

run: .venv/ready-run
	@exec .venv/bin/citas run

test: .venv/ready-test
	.venv/bin/python -m pytest -n 2 --dist worksteal

soak: .venv/ready-test
	.venv/bin/python -m tests.simulation

bench: .venv/ready-develop
	.venv/bin/python -m tests.bench

check: .venv/ready-develop
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/djlint templates --lint --quiet

lock: | .venv/bin/uv  # as it is: packages that the lock does not know yet could not be installed
	.venv/bin/uv --no-config pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 \
	    --generate-hashes --no-header --no-annotate --output-file requirements.lock

.venv/bin/uv:
	@.ci/setup run

.venv/ready-%: pyproject.toml requirements.lock .ci/setup
	@.ci/setup $*
