"""What Google Colab lends, as published: the figures that stand beside this machine's own.

Looked up in November 2026. Colab changes its offer; its FAQ says that nothing of it is guaranteed.
"""

SOURCE = "https://research.google.com/colaboratory/faq.html"
T4_RUNTIME = {
    "processor": "2 virtual cores, as users report",
    "main memory": "12.7 GB",
    "GPU": "Tesla T4: a 16 GB card, shown as 15 GB",
    "disk": "no official figure",
    "time": "up to 12 hours, not guaranteed",
}
OTHERS = "a runtime without a GPU, and A100 and L4 GPUs for paid compute units"
