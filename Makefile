# Two commands a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What the pages of LiveKit sessions take from others: one package, pinned in desk/web/package.json.
WEB := desk/static/vendor/livekit-client.esm.mjs
WEB_FILES := livekit-client.esm.mjs livekit-client.e2ee.worker.mjs

.PHONY: demo test web bench pictures clips cassette clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -c constraints.txt -e '.[whisper,piper,bench,test]'
	touch $@

$(WEB): desk/web/package.json
	cd desk/web && npm install --silent --no-package-lock --ignore-scripts --no-audit --no-fund
	mkdir -p $(@D)
	cp $(addprefix desk/web/node_modules/livekit-client/dist/,$(WEB_FILES)) $(@D)
	touch $@

web: $(WEB)

demo: $(VENV)/.installed
	$(BIN)/riskcall demo $(ARGS)

# Tests that keep real time come last and have the machine to themselves. On a shared machine one of them may be late:
# one that fails is run a second time, and the summary names it. Status 5: ARGS leaves no test of a kind.
# Without npm the tests of those pages skip, and say so.
test: $(VENV)/.installed $(if $(shell command -v npm),$(WEB))
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile -m "not audio" $(ARGS) || [ $$? -eq 5 ]
	$(BIN)/pytest -m audio --reruns 1 -rR $(ARGS) || [ $$? -eq 5 ]

bench: $(VENV)/.installed
	$(BIN)/riskcall bench $(ARGS)

pictures: $(VENV)/.installed
	$(BIN)/python docs/make_pictures.py

clips: $(VENV)/.installed
	$(BIN)/python -m telephony.render_clips

cassette: $(VENV)/.installed
	$(BIN)/python -m tests.support.record_cassette

clean:
	rm -rf $(VENV) var
