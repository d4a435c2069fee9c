"""The control interface under ``/simulator``: what a test or a demo may do to the simulated Xero."""
