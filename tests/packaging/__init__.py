"""Tests of the set-up, the wheel, the image, the action, the hook and the README."""
