# Two commands a newcomer needs: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test bench pictures clips cassette clean

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -c constraints.txt -e '.[whisper,piper,bench,test]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/riskcall demo $(ARGS)

test: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest $(ARGS)

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
