# Everything is installed into .venv on first use.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8501
BIN := .venv/bin

.PHONY: run test check format bench gpu train install engines ray

run: .venv/run       ## start the app
	$(BIN)/streamlit run streamlit_app.py --server.address $(HOST) --server.port $(PORT)

test: .venv/dev      ## tests without browser; no GPU, no downloads of models
	$(BIN)/pytest -n 2 -m "not browser and not full_size"

check: .venv/dev .venv/browser  ## what CI runs: format, types, import rules, all tests with browser and PostgreSQL
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m core check-bank
	$(BIN)/pytest -n 2 --cov=core --cov-branch --cov-report= -m "not browser and not full_size"
	$(BIN)/python -m tests.cuda_branches
	$(BIN)/pytest -n 2 --dist loadfile -m "browser and not full_size"
	$(BIN)/pytest -m full_size

format: .venv/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/dev     ## ratios against the bare program and an empty page; writes bench/results/
	$(BIN)/python -m bench

gpu: .venv/dev       ## the checks and benchmarks that need a CUDA device; ends with a table; writes bench/results/*_cuda.json
	$(BIN)/pytest -m gpu; tests=$$?; \
	$(BIN)/python -m bench load_model text_generation text_to_image inpainting optimisation observing --device cuda; \
	$(BIN)/python -m bench references --device cuda && exit $$tests

train: .venv/dev     ## the small twins anew: about half a day on two cores, the picture twins sooner on an NVIDIA card; goes on where it was stopped
	$(BIN)/python -m training.judge
	$(BIN)/python -m training.language_model
	$(BIN)/python -m training.detector
	$(BIN)/python -m training.classifier
	$(BIN)/python -m training.vae
	$(BIN)/python -m training.text_to_image
	$(BIN)/python -m training.inpainting
	$(BIN)/python -m training.few_steps
	$(BIN)/python -m training.text_to_video
	$(BIN)/python -m training.ddpm
	$(BIN)/python -m training.evaluate
	$(BIN)/python -m training.cards
	$(BIN)/python -m training.contact_sheet

engines: .venv/run   ## optional: llama.cpp for the lab "Make it faster", built for this processor (a C++ compiler, minutes)
	$(BIN)/python -m pip install -r requirements-engines.txt

ray: .venv/run       ## optional: Ray, for workers on several machines; on each of them
	$(BIN)/python -m pip install -r requirements-ray.txt -c constraints.txt

install: .venv/run

.venv/run: requirements.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip uv
	# PyTorch's own index has builds without CUDA libraries, which are most of its size; uv takes the one that fits.
	@all="-r requirements.txt -c constraints.txt"; \
	uv="$(BIN)/uv pip install --python $(BIN)/python --system-certs $$all"; \
	if UV_HTTP_TIMEOUT=10 UV_HTTP_RETRIES=0 $$uv --torch-backend=auto --dry-run >/dev/null 2>&1; then \
	  echo "Installing PyTorch's own build for this machine: without CUDA libraries where there is no NVIDIA card."; \
	  $$uv --torch-backend=auto --quiet; \
	else \
	  echo "Installing PyTorch from the package registry, on Linux with its CUDA libraries (6.5 GB):"; \
	  echo "PyTorch's own index, which has smaller builds, cannot be reached or has none that fits."; \
	  UV_HTTP_TIMEOUT=180 $$uv --quiet || $(BIN)/python -m pip install --quiet $$all; \
	fi
	# The detector's OpenCV wants a screen library that servers lack; the headless build does without.
	$(BIN)/python -c "import cv2" 2>/dev/null || ($(BIN)/python -m pip uninstall --quiet --yes opencv-python && \
	  $(BIN)/python -m pip install --quiet opencv-python-headless)
	touch $@

.venv/dev: .venv/run requirements-dev.txt requirements-ray.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt -c constraints.txt
	touch $@

.venv/browser: .venv/dev
	(command -v chromium && command -v caddy) >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium caddy)
	touch $@
