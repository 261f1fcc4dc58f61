"""How gunicorn serves the Flask service."""

import os

bind = "0.0.0.0:" + os.environ.get("PORT", "8000")
worker_class = "gevent"
# 2 x CPU + 1 is the usual advice, and would make this image's memory depend on
# the machine that measures it. Two workers are the least that survive the loss
# of one, and the same everywhere.
workers = 2
# Workers report that they live through a file. /tmp may be a disk; this is not.
worker_tmp_dir = "/dev/shm"
