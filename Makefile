# The two commands of a newcomer are `make conformance` and `make test`; both set up what they need.
PYTHON ?= python3
VENV := .venv
LOCKED := requirements.lock
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PUBLISHES := $(VENV)/.publishes
REPORT ?= report
PYTEST := -m pytest -n auto --dist loadscope --no-loadscope-reorder

# Where it is set, each of the many processes that tests start would compile all of their modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: conformance test quick clients clients-here test-lowest test-newest lint docs release bench faults lock table mutants setup clean

conformance: $(READY) ## the documented providers on the embedded target
	$(BIN)/agw-conformance run -n auto --report $(REPORT)

test: $(READY) ## the suite's own tests and the cases; COVERAGE=1 measures what they and all mutants reach
ifdef COVERAGE
	rm -f .coverage .coverage.*
	$(BIN)/python -m coverage run $(PYTEST) tests conformance/cases
	@# Those play each case in one dialect, and of the mutants a sample; these play all to the cases.
	for dialect in kgateway-2.1 agentgateway-1; do \
		$(BIN)/python -m coverage run -m conformance mutants --dialect $$dialect || exit; done
	$(BIN)/python -m coverage combine -q
	$(BIN)/python -m coverage report
else
	$(BIN)/python $(PYTEST) tests conformance/cases
endif

quick: $(READY) ## the suite's own tests but those marked slow or hostile, after each change
	$(BIN)/python $(PYTEST) tests -m "not slow and not hostile"

clients: ## the vendors' own clients, in an environment of their own; through the real gateway where AGENTGATEWAY_BIN is set
	$(MAKE) clients-here VENV=.venv-clients LOCKED=requirements-clients.lock

clients-here: $(READY)
	$(BIN)/python -m pytest tests/clients

test-lowest: RESOLUTION := --resolution lowest-direct
test-lowest test-newest: test-%: $(READY) ## the same in an environment of its own, of the oldest or newest versions allowed
	$(RESOLVE) --upgrade $(RESOLUTION) --extra dev --output-file .venv-$*.lock pyproject.toml
	$(MAKE) test VENV=.venv-$* LOCKED=.venv-$*.lock

lint: $(READY) ## style, format, types, and which package may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

docs: $(PUBLISHES) ## the documentation as a site in build/site, without a network; a link that leads nowhere fails it
	@# Not --quiet: a warning that is not said is not counted by --strict either.
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open build/site/index.html in a browser"

release: $(PUBLISHES) ## wheel and sdist, built twice and compared, with bill of materials and digests, in dist
	@bash .ci/release $(VENV)

bench: $(READY) ## how fast, beside the bare cost; renews docs/explanation/speed.md
	$(BIN)/python -m tests.benchmarks

faults: $(READY) ## runs ended at random moments, and on machines that lack something; KILLS=50, ON="--target standalone ..."
	$(BIN)/python -m tests.faults --kills $(or $(KILLS),50) $(ON)

RESOLVE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --strip-extras --generate-hashes --no-header

lock: ## renew the lock files from pyproject.toml; UPGRADE=--upgrade takes the newest versions
	@# An environment that lacks what pyproject.toml now wants is enough: it has uv.
	@[ -x $(BIN)/uv ] || $(MAKE) setup || [ -x $(BIN)/uv ]
	$(RESOLVE) $(UPGRADE) --extra dev --output-file requirements.lock pyproject.toml
	$(RESOLVE) --extra dev --extra clients --output-file requirements-clients.lock pyproject.toml
	$(RESOLVE) --extra build --constraint requirements.lock --output-file requirements-image.lock pyproject.toml
	$(RESOLVE) --extra publish --constraint requirements.lock --output-file requirements-publish.lock pyproject.toml
	$(BIN)/python .ci/hook_pins.py

mutants: $(READY) ## play every mutant to the cases, and renew what is recorded of them and docs/reference/mutants.md
	for dialect in kgateway-2.1 agentgateway-1; do \
		$(BIN)/agw-conformance mutants --dialect $$dialect --report fixtures/mutants/$$dialect.yaml || exit; done
	$(BIN)/python -m conformance.proof.page > docs/reference/mutants.md

table: $(READY) ## renew what is made from the code: docs/reference, the drawing in docs/explanation/architecture.md, and the README's table of targets
	$(BIN)/agw-conformance cases --table > docs/reference/catalogue.md
	$(BIN)/python -m conformance.certification.checks.table > docs/reference/checks.md
	$(BIN)/python -m conformance.manifests.fields.page > docs/reference/fields.md
	$(BIN)/python -m conformance.proof.page > docs/reference/mutants.md
	$(BIN)/python .ci/drawing.py
	$(BIN)/agw-conformance report table reports/*/report.yaml --into README.md
	$(BIN)/python .ci/reference.py

setup: $(READY) ## only the environment

$(READY): $(LOCKED) pyproject.toml .ci/install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3.11" >&2; exit 3; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing what $(LOCKED) names into $(VENV): minutes the first time, most of them downloads"
	@bash .ci/install $(BIN)/python $(LOCKED) --editable .
	@$(BIN)/python -m compileall -q conformance mock_providers # as pip does where it copies: else the first run would
	@touch $@

# What only docs and release need comes beside the rest, when one of them is asked for.
$(PUBLISHES): $(READY) requirements-publish.lock
	@echo "installing what requirements-publish.lock names, too"
	@bash .ci/install $(BIN)/python requirements-publish.lock --editable .
	@touch $@

clean:
	rm -rf $(VENV) .venv-* build dist $(REPORT) .coverage .coverage.*
