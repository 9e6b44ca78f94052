"""What MXNet 1.9.1 itself answered, frozen: forward results, gradients, changed states, shapes and dtypes.

``asking`` and ``tables`` write the questions (the operators' own samples are asked too), ``make`` has them answered by
an interpreter that has MXNet and writes ``answers.npz``, ``frozen`` reads that file, ``differences`` holds where
Netwright answers otherwise on purpose. ``tests/framework/test_oracle.py`` replays it all without MXNet.
"""
