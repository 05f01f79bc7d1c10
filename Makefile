# The two commands are `make run` and `make test`; everything they need is set up on the way, once.
SHELL := /bin/sh
BIN := .venv/bin
VENDOR := static/vendor
PYTEST := $(BIN)/python -m pytest -q $(if $(CI),-p tests.no_skips)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:
	@echo "make run     set up, migrate, fill if empty, serve on http://127.0.0.1:8000 (PORT=… changes it)"
	@echo "make test    set up and run every test, the browser tests included"
	@echo "make check   format, lint, types, import contracts, then make test: what a merge needs"
	@echo "make bench   speed: ratios against bare pages and inserts, in one run"
	@echo "make proof   the long races, kills and models; figures for docs/proof.md"
	@echo "make lock    resolve the requirements and npm packages anew (needs uv)"

run: .venv/run.stamp $(VENDOR)/stamp
	@TICKETS_PORT="$${PORT:-$${TICKETS_PORT:-8000}}" exec $(BIN)/tickets up

test: .venv/dev.stamp $(VENDOR)/stamp
	@sh .ci/browser
	$(PYTEST) -n 2 --dist loadfile $(TESTS)

check: .venv/dev.stamp $(VENDOR)/stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	@$(MAKE) --no-print-directory test

bench: .venv/dev.stamp $(VENDOR)/stamp
	$(BIN)/python -m tests.bench

proof: .venv/dev.stamp $(VENDOR)/stamp
	$(BIN)/python -m tests.proof

# --- set-up: each stamp is newer than what it was made from, so a second run takes no time ------

.venv/bin/pip:
	@sh .ci/venv

.venv/run.stamp: .venv/bin/pip requirements.txt pyproject.toml
	$(BIN)/python -m pip install -qq --require-hashes --only-binary :all: -r requirements.txt
	$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	$(BIN)/python -m pip install -qq --require-hashes --only-binary :all: -r requirements-dev.txt
	@touch $@

node_modules/stamp: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

$(VENDOR)/stamp: node_modules/stamp Makefile
	@mkdir -p $(VENDOR)
	cp node_modules/htmx.org/dist/htmx.min.js $(VENDOR)/
	@mkdir -p $(VENDOR)/qr
	cp node_modules/qr/index.js node_modules/qr/decode.js node_modules/qr/LICENSE $(VENDOR)/qr/
	@mkdir -p $(VENDOR)/fonts
	cp node_modules/@expo-google-fonts/noto-sans-sc/400Regular/*.ttf $(VENDOR)/fonts/
	cp node_modules/@expo-google-fonts/noto-sans-sc/700Bold/*.ttf $(VENDOR)/fonts/
	cp node_modules/swagger-ui-dist/swagger-ui.css node_modules/swagger-ui-dist/swagger-ui-bundle.js $(VENDOR)/
	@touch $@

# Locks hold hashes and no addresses, so that they fit every mirror.
UV ?= uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-emit-find-links --upgrade

lock:
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	rm -f package-lock.json
	npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund

.PHONY: help run test check bench proof lock
