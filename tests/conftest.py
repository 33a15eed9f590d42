"""What every test may count on."""

import signal

# A shell makes what it starts in the background deaf to Ctrl-C, and processes inherit that; some tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)
