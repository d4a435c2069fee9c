# Every command prepares what it needs. `make` alone lists them.
.PHONY: help demo demo-check test bench chaos lint audit run pictures texts clean
.DEFAULT_GOAL := help

ARGS ?=
export ARGS
DEV := python3 -B -m dev

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo:  ## Odoo, this addon and a simulated Xero on this machine, with documents sent; Ctrl-C ends it
	@exec $(DEV) demo

demo-check:  ## The same unattended: succeeds only if every document is in Xero to the cent
	@exec $(DEV) demo-check

test:  ## All tests, or a part: ARGS="pure", ARGS="odoo:/xero_connector:TestPush", ARGS="pure -k codec"
	@exec $(DEV) test "$$ARGS"

bench:  ## Measure and print one JSON object
	@exec $(DEV) bench "$$ARGS"

chaos:  ## Break everything while people work, then compare both books: SEED=7 KILLS=200 MINUTES=15
	@exec $(DEV) chaos

lint:  ## Linters and tests of the code's structure
	@exec $(DEV) lint

audit:  ## Whether the pinned packages are sealed by hashes, freely licensed and not known as bad
	@exec $(DEV) audit

run:  ## Odoo with the addon and a simulated Xero, without the demo's steps; Ctrl-C ends it
	@exec $(DEV) run

pictures:  ## Take the screenshots of the documentation anew
	@exec $(DEV) pictures

texts:  ## Export the texts to translate and bring the translations in step
	@exec $(DEV) texts

clean:  ## Remove what was made inside this clone
	@exec $(DEV) clean
