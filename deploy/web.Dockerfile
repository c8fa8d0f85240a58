# A web process: pages, queue and database, without PyTorch. To be built from the project's folder:
#
#   docker build --file deploy/web.Dockerfile --tag vram-lab-web .
FROM python:3.11-slim-bookworm
WORKDIR /opt/vram-lab
COPY deploy/requirements-web.txt constraints.txt ./
RUN pip install --no-cache-dir --requirement requirements-web.txt --constraint constraints.txt
RUN useradd --system --uid 990 vram-lab && install --directory --owner vram-lab /var/lib/vram-lab
COPY .streamlit .streamlit
COPY core core
COPY ui ui
COPY pages pages
COPY embedded_models embedded_models
COPY recorded_runs recorded_runs
COPY streamlit_app.py quiz_bank.yaml pyproject.toml ./
ENV PYTHONUNBUFFERED=1 VRAM_LAB_DATA_DIR=/var/lib/vram-lab VRAM_LAB_CACHE_DIR=/var/lib/vram-lab/cache
# The workers are containers of their own: a new web process costs no run.
ENV HF_HOME=/var/lib/vram-lab/huggingface VRAM_LAB_WORKERS=external
USER vram-lab
VOLUME /var/lib/vram-lab
EXPOSE 8501
HEALTHCHECK --start-period=30s --interval=10s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health')"]
CMD ["streamlit", "run", "streamlit_app.py", "--server.address", "0.0.0.0", "--server.port", "8501"]
