"""Pictures as pixels: opening, cutting out, setting in. Knows no Django."""

import os

# Before numpy is imported. Our sums are small: threads would cost more than they save, and the order of a
# sum, and with it the last bit of a picture, would depend on the number of cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
