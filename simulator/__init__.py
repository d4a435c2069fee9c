"""A stateful Xero on localhost: one process, in memory, for demos, development and tests.

It knows nothing about the programs that call it. Where Xero's behaviour is not settled it takes the stricter reading;
each of those readings is one switch (see ``readings.py`` and the README).
"""
