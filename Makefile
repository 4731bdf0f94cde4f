# pilookup: `make demo` and `make test` do all their own set-up on a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
export VIRTUAL_ENV := $(VENV)
export PATH := $(BIN):$(PATH)
# Compiled modules are kept in one directory, not beside the sources.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/bytecode

PAGE_SOURCES := $(shell find server/web -type f -not -path '*/node_modules/*' -not -path '*/test/*')
RUST_SOURCES := $(shell find rust .cargo -type f \( -name '*.rs' -o -name '*.toml' -o -name 'Cargo.lock' \) -not -path '*/target/*')
MAKEFLAGS += --no-print-directory

.PHONY: help demo test test-quick lint bench bench-large bench-lock lock build clean debian-packages long page images version
.PHONY: wheels docs release-check bytecode

help:
	@echo 'make demo           build, load a synthetic seizure, publish, serve, check (ONCE=1 exits after the checks)'
	echo 'make build          virtual environment, native core, page (make page: the page only)'
	echo 'make test           all tests, with real components; lint first'
	echo 'make test-quick     the tests without browser, commands, servers, clusters and other backends (3 minutes)'
	echo 'make long           the long runs that make test leaves out (500 kills, 100,000 layouts of tables), and every case where it runs a sample'
	echo 'make lint           format, lint, types, import contracts, clippy'
	echo 'make wheels         both distributions, a wheelhouse that installs without a network, an SBOM, in dist/'
	echo 'make docs           the documentation site, in build/site/'
	echo 'make release-check  wheels and docs, and the tests of them'
	echo 'make version V=1.2.3  set the version everywhere'
	echo 'make bench          all figures, with those of other libraries: a table, JSON, a plot (QUICK=1: a minute or two)'
	echo 'make bench-large    load and publish 50 million rows (ROWS=N)'
	echo 'make bench-lock     update the locked requirements of the libraries that make bench compares'
	echo 'make images         pictures of the page, of posters and of a report into docs/images (needs chromium and fonts-noto-cjk)'
	echo 'make lock           update requirements.lock'
	echo 'make debian-packages  install the Debian packages that the tests need'
	echo 'make clean          delete what the other targets built, except dist/ and build/'

$(VENV)/.python: requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	touch $@

$(VENV)/.built: $(VENV)/.python $(RUST_SOURCES) pyproject.toml server/pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e ./server
	touch $@

page_modules := server/web/node_modules/.package-lock.json
$(page_modules): server/web/package.json server/web/package-lock.json
	cd server/web && npm ci --no-fund --no-audit --silent

page := server/pilookup_server/page/index.html
$(page): $(page_modules) $(PAGE_SOURCES)
	cd server/web && node build.mjs

page: $(page)

build: $(VENV)/.built $(page)

# Tests start the programs hundreds of times: they find them compiled, and write nothing.
bytecode: $(VENV)/.built
	python -m compileall -q pilookup server/pilookup_server

debian-packages:
	./tests/install_debian_packages.sh

node_modules := tests/node/node_modules/.package-lock.json
$(node_modules): tests/node/package.json tests/node/package-lock.json
	cd tests/node && npm ci --no-fund --no-audit --silent

old_browsers := tests/page/engines/node_modules/.browsers/.unpacked
$(old_browsers): tests/page/engines/package.json tests/page/engines/package-lock.json tests/page/engines/unpack.mjs
	cd tests/page/engines && npm ci --no-fund --no-audit --silent && node unpack.mjs

demo: build
	$(BIN)/python examples/demo.py $(if $(ONCE),--once)

lint: build
	ruff format --check .
	ruff check .
	mypy
	mypy examples/platform
	lint-imports
	python -m mypy.stubtest pilookup._core
	python tools/rust_cycles.py rust/core/src
	cargo check --quiet --locked --manifest-path rust/fuzz/Cargo.toml
	cd rust
	cargo fmt --check
	cargo clippy --quiet --all-targets --locked -- -D warnings
	cd ../server/web
	npx --no-install tsc --noEmit

test: build bytecode debian-packages $(node_modules) $(old_browsers) lint
	cd rust && cargo test --release --locked --quiet
	# Only debug builds assert that no difference wraps.
	cargo test --package pilookup-core --locked --quiet --lib -- simd::ristretto::tests::arithmetic a_difference
	cd $(CURDIR)/server/web
	npm test --silent
	cd $(CURDIR)
	pytest -n 2 --dist worksteal
	tests/backends.sh

# Leaves out what starts a browser, commands, servers, clusters or PostgreSQL, is killed, or fills a disk.
test-quick: build bytecode $(node_modules)
	pytest -n 2 --dist worksteal tests --ignore tests/attacks --ignore tests/compatibility --ignore tests/page \
	    --ignore tests/whole --ignore tests/docs/test_cli.py --ignore tests/docs/test_commands.py \
	    --ignore tests/server/test_logged_requests.py --ignore tests/server/test_raw_requests.py \
	    --ignore tests/server/test_start.py --ignore tests/server/test_workers.py \
	    --ignore tests/custody/test_cluster.py --ignore tests/custody/test_command.py \
	    --ignore tests/custody/test_full_disk.py --ignore tests/custody/test_kill.py \
	    --ignore tests/custody/test_kill_publish.py --ignore tests/custody/test_postgresql.py

long: build
	export EVERY_CASE=1
	pytest -m "long or sampled" tests

bench: build
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

bench-large: build
	$(BIN)/python -m benchmarks --large $(or $(ROWS),50000000)

bench-lock: build
	for file in benchmarks/peers/*.in; do
	    pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate --output-file $${file%.in}.txt $$file
	done

# Only the files with such tests: collecting the others takes longer than running these.
release-check: wheels docs bytecode
	pytest -n 2 -m release tests/packaging tests/intake/test_hostile_files.py
	HOSTILE_EXAMPLES=3000 pytest -n 2 tests/intake/test_archives.py tests/intake/test_workbooks.py

wheels: build
	rm -rf dist
	maturin build --quiet --release --locked --out dist
	maturin sdist --out dist
	cd server && python -m hatchling build --directory ../dist
	cd $(CURDIR)
	python tools/wheelhouse.py dist
	python tools/sbom.py dist

docs: build
	rm -rf build/site
	sphinx-build --quiet --fail-on-warning --keep-going --builder html --conf-dir docs . build/site
	python tools/check_site.py build/site

images: build
	$(BIN)/python examples/page_images.py
	$(BIN)/python examples/poster_images.py
	$(BIN)/python examples/report_images.py

lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	mkdir -p build
	$(PYTHON) .ci/requirements.py > build/requirements.in
	$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate --output-file requirements.lock build/requirements.in

version:
	$(PYTHON) tools/set_version.py $(V)

clean:
	rm -rf $(VENV) rust/target demo .demo tests/node/node_modules tests/page/engines/node_modules server/web/node_modules server/pilookup_server/page
