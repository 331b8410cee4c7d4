# Every target works on a fresh Debian with Python 3.11 and make: it sets up what it needs and says what it is doing.

SHELL := /bin/bash
.DEFAULT_GOAL := run
.PHONY: run demo test soak check train nlu-report places setup setup-app setup-nlu uv

# uv from PATH, else in a virtual environment of our own (Debian refuses `pip install --user`).
UV := $(or $(shell command -v uv 2>/dev/null),var/tools/bin/uv)
UV_VERSION := >=0.13,<1
APP := .venv/bin/python
NLU := nlu/.venv/bin/python
CODE := $(wildcard bot actions covenant dashboard db locales tools)

# A machine with certificates of its own (a company's proxy) keeps them here; uv and pip bring others.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CERTIFICATES),)
export SSL_CERT_FILE ?= $(CERTIFICATES)
export PIP_CERT ?= $(CERTIFICATES)
endif
# A virtual environment that happens to be active is not ours.
unexport VIRTUAL_ENV

run: setup
	@exec $(APP) -m bot up

demo: setup
	@exec $(APP) -m bot demo

train: setup
	@exec $(APP) -m bot train

# All of it runs, also when the first part fails. What measures a pace has the machine for itself.
test: setup
	@$(APP) -m bot train  # some minutes on a fresh machine; no test should seem to hang for them
	@echo "kawan: running the tests of the application"
	@result=0; $(APP) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --ignore=tests/nlu --ignore=tests/soak || result=$$?; \
	echo "kawan: running a small part of the long run"; \
	$(APP) -m pytest tests/soak || result=$$?; \
	echo "kawan: running the tests of the language understanding"; \
	$(NLU) -m pytest -c nlu/pyproject.toml --rootdir=. --confcutdir=tests/nlu tests/nlu || result=$$?; \
	exit $$result

# The long acceptance run, some twenty minutes on a quiet machine; its figures stay in var/soak/.
soak: setup
	@$(APP) -m bot train
	KAWAN_SOAK=1 $(APP) -m pytest -s tests/soak

check: setup
	@echo "kawan: checking the code"
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy --strict $(CODE)
	.venv/bin/mypy --config-file nlu/pyproject.toml --python-executable $(NLU) -p nlu
	.venv/bin/lint-imports

# The list of places is in the repository; this makes it anew from GeoNames (300 MB to download).
# Trains several times, the longest part without each language in turn: some 25 minutes on two cores.
nlu-report: setup
	$(NLU) -m nlu.report

places: uv
	$(UV) sync --locked --group build
	$(APP) -m tools.build_places

setup: setup-app setup-nlu

setup-app: uv
	@echo "kawan: setting up the application (.venv)"
	@$(UV) sync --locked

setup-nlu: uv
	@echo "kawan: setting up language understanding (nlu/.venv)"
	@$(UV) sync --locked --project nlu

uv:
	@if [ -x "$(UV)" ]; then exit 0; fi; \
	command -v python3 >/dev/null || { echo "kawan: Python 3.11 is missing: install the package python3." >&2; exit 1; }; \
	python3 -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "kawan: the package python3-venv is missing: sudo apt-get install python3-venv" >&2; exit 1; }; \
	echo "kawan: installing uv into var/tools"; \
	python3 -m venv var/tools && var/tools/bin/pip install --quiet --disable-pip-version-check 'uv$(UV_VERSION)'
