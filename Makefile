# Two commands: `make demo` and `make test`. Both bring uv, the locked environment and, if need be, a Java runtime.
#   make demo ARGS='--fast --no-serve'     passes options on to `setpoint demo`

UV_VERSION := 0.13.9
CORE_COVERAGE := 99
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test environment format lock

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

demo: environment ## drive a real Spark job to its goal and show it in the browser; options in ARGS
	@$(BIN)/setpoint demo $(ARGS)

test: environment ## style, types, tests, and coverage of the core
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses auto --dist loadfile --cov --cov-report=
	$(BIN)/coverage report --include='src/setpoint/core/*' --fail-under=$(CORE_COVERAGE)

environment:
	@tools/bootstrap $(UV_VERSION)

format: environment ## let ruff put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: environment ## renew uv.lock within the bounds of pyproject.toml
	@.tools/uv-$(UV_VERSION)/bin/uv lock --no-python-downloads --upgrade
