# Every command of the project; the work is in scripts/. `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help setup run watch dist test races crash model fuzz-api lint weight lighthouse gallery bench clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing for all the commands below
	@scripts/setup.sh run dist test lint weight

run: ## build the release when something changed, and serve http://127.0.0.1:3000 (options: make run ARGS="--listen 127.0.0.1:8080")
	@scripts/run.sh $(ARGS)

watch: ## develop: rebuild and reload as files change
	@scripts/setup.sh run
	@scripts/with-tools.sh env LEPTOS_HASH_FILES=false cargo leptos watch

dist: ## the release in target/dist: one file, its checksum, and a list of what is inside (CycloneDX)
	@scripts/dist.sh

test: ## every test: unit, integration, the API from outside, weight of the pages, Lighthouse, and Playwright in Chromium
	@scripts/test.sh

races: ## the races of the tests in full, on each kind of database (make test runs a part of them)
	@scripts/setup.sh test
	@scripts/with-databases.sh scripts/each-database.sh env RACES_IN_FULL=1 cargo test --features ssr --test integration races

crash: ## 500 times kill -9 of the server on each kind of database, and of PostgreSQL under it (make test: 20); CRASH_ROUNDS, CRASH_SEED
	@scripts/setup.sh test
	@scripts/with-databases.sh scripts/each-database.sh env CRASH_ROUNDS=$${CRASH_ROUNDS:-500} CRASH_SEED=$${CRASH_SEED:-$$(date +%s)} \
	  cargo test --features ssr --test integration crashes:: -- --nocapture --test-threads=1

model: ## 50,000 random histories of an account against the model of it (make test lives 2,000, always the same)
	@scripts/with-tools.sh env MODEL_HISTORIES=25000 cargo test --features ssr --test integration model:: -- --nocapture

fuzz-api: ## try the whole API for about half an hour, with another seed each time (make test does it for some minutes, with one seed)
	@scripts/setup.sh test dist
	@scripts/dist.sh
	@scripts/fuzz-api.sh 500

lint: ## rustfmt, clippy for both halves, cargo deny, and the commands named in the README
	@scripts/lint.sh

weight: ## what the first visit to /login loads, in bytes, and the largest parts of the WASM
	@scripts/weight.sh

gallery: ## pictures of every state of every screen, in both languages, on one page: end2end/test-results/gallery/index.html
	@scripts/gallery.sh

lighthouse: ## what Lighthouse says of /login and /register on a slow phone: 98 for speed, 100 for all else, or it fails
	@scripts/setup.sh test
	@scripts/build-release.sh
	@node scripts/lighthouse.mjs

bench: ## how long the release takes from its start to its first page, its memory, what an access token costs, and what a million accounts do
	@scripts/bench.sh

clean: ## remove what was built; installed tools, node_modules and ./data stay
	@rm -rf target end2end/test-results end2end/playwright-report
