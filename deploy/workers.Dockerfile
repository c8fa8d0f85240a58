# The workers of a machine, one per GPU that the container is given. To be built from the project's folder:
#
#   docker build --file deploy/workers.Dockerfile --tag vram-lab-workers .
FROM python:3.11-slim-bookworm
WORKDIR /opt/vram-lab
# torch.compile builds with a C++ compiler what it runs.
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
COPY requirements.txt constraints.txt ./
# The detector's OpenCV wants a screen library that a server lacks; the headless build does without.
RUN pip install --no-cache-dir --requirement requirements.txt --constraint constraints.txt && \
  pip uninstall --yes opencv-python && pip install --no-cache-dir opencv-python-headless
RUN useradd --system --uid 990 vram-lab && install --directory --owner vram-lab /var/lib/vram-lab
COPY core core
COPY embedded_models embedded_models
COPY recorded_runs recorded_runs
COPY quiz_bank.yaml pyproject.toml ./
ENV PYTHONUNBUFFERED=1 VRAM_LAB_DATA_DIR=/var/lib/vram-lab VRAM_LAB_CACHE_DIR=/var/lib/vram-lab/cache
ENV HF_HOME=/var/lib/vram-lab/huggingface
USER vram-lab
VOLUME /var/lib/vram-lab
CMD ["python", "-m", "core", "workers"]
