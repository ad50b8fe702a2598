"""Lets torchtitan train a stage of Cambium: `--module cambium_titan --config stage`.

CAMBIUM_STAGE names the stage's folder: job.json, rates.f64, windows.i64, and the checkpoint that convert.py has written.
"""
