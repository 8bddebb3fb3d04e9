# NeuroLoop in two commands, `make demo` and `make test`; `make` alone lists what there is.

# Jobs of the workflow side by side.
CORES ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)

# Pip arguments that choose another build of torch than the package index's own (on Linux: CUDA).
# For the CPU-only build give pytorch.org's CPU index: make demo TORCH="--index-url ADDRESS".
# .venv remembers them; the version is the one pinned in envs/requirements.lock.
TORCH ?=

# Files that `make fuzz` spoils.
FILES ?= 10000

# Results of a finished demo, for `make numbers` and `make pictures`.
RUN ?= results

RESULTS := results/report/index.html results/distill/simulated/ablation.png \
	results/distill/simulated/ablation.tsv results/fmri/simulated/decoding.tsv \
	results/calcium/neurons/compare/before__after/small/comparison.png \
	results/calcium/neurons/compare/before__after/small/routes.tsv \
	results/cxr/chests/scores.png results/cxr/chests/metrics.tsv

export TORCH
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help environment demo status verify test test-long fuzz calibrate published chaos lint bench docs numbers pictures clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

environment: ## .venv with the pinned packages; made once, updated when the lock changes
	@sh envs/make_environment.sh

demo: environment ## run the whole workflow on the embedded simulated data
	python -m snakemake --cores $(CORES) --quiet rules reason host progress -- all
	@echo "Done. Look at:"; for file in $(RESULTS); do if [ -e $$file ]; then echo "  $$file"; fi; done

status: environment ## list what is finished, stale, missing and failed, and why
	@python -m snakemake --cores 1 --quiet host progress rules -- status

verify: environment ## compare every result with the hash that its job recorded, and with its sidecar
	@python -m snakemake --cores 1 --quiet host progress rules -- verify

# Two workers; who has nothing left takes half of the other's tests, so that files, and what is
# made once for all tests of a file, stay together.
PYTEST := OMP_NUM_THREADS=1 python -m pytest -n 2 --dist worksteal --ignore=tests/slurm \
	--ignore=tests/slurm_accounts

test: environment ## run the test suite, then those on a SLURM: a host has one cluster at a time
	@failed=0; $(PYTEST) -m "not long" || failed=1; \
	for folder in tests/slurm tests/slurm_accounts; do \
		OMP_NUM_THREADS=1 python -m pytest $$folder -rs || failed=1; \
	done; exit $$failed

test-long: environment ## run the long forms of tests, which `make test` leaves out
	@$(PYTEST) -m long

fuzz: environment ## spoil valid files of every reader and count what is read, refused, or a fault
	@OMP_NUM_THREADS=1 python -m tests.fuzz --files $(FILES) --jobs $(CORES)

calibrate: environment ## count how often each test and interval is wrong in simulated worlds; goes on where it was cut off
	@OMP_NUM_THREADS=1 python -m tests.calibrate --jobs $(CORES) --write

published: environment ## count what published protocols make out of noise: results/published, docs/published.md; goes on where it was cut off
	@OMP_NUM_THREADS=1 python -m tests.published --jobs $(CORES) --write

chaos: environment ## kill runs and fill disks at random moments; goes on where it was cut off
	@OMP_NUM_THREADS=1 python -m tests.chaos --write

lint: environment ## check style, types and the workflow's form
	python -m ruff check .
	python -m ruff format --check .
	python -m mypy
	python -m snakefmt --check Snakefile rules
	python -m snakemake --lint

bench: environment ## compare speed with the usual ways, measured side by side: results/bench, docs/performance.md
	@OMP_NUM_THREADS=1 python -m tests.bench --write

.venv-docs/.installed: envs/docs.lock
	.venv/bin/python -m venv --clear .venv-docs
	.venv-docs/bin/python -m pip --disable-pip-version-check install -q --no-deps -r envs/docs.lock
	.venv/bin/python -c 'import site; print(*site.getsitepackages())' \
		> $$(.venv-docs/bin/python -c 'import site; print(*site.getsitepackages())')/neuroloop.pth
	cp envs/docs.lock $@

docs: environment .venv-docs/.installed ## build the documentation, docs/_build/index.html; a warning is an error
	rm -rf docs/generated
	OMP_NUM_THREADS=1 .venv-docs/bin/python -m sphinx -q -W --keep-going -c docs -d .venv-docs/doctrees . docs/_build
	@echo "Done. Look at docs/_build/index.html"

numbers: environment ## write the numbers of README and docs, from the finished demo in RUN
	python -m tests.documentation numbers --results $(RUN)

pictures: environment ## make the pictures of README and docs, from the finished demo in RUN
	python -m tests.documentation pictures --results $(RUN)

clean: ## remove everything that the workflow made; .venv stays
	rm -rf results logs benchmarks .snakemake .neuroloop
