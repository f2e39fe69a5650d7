# What can be done here; CONTRIBUTING.md says more. Targets that build install what is missing first.
SHELL := /bin/bash
SWIFT ?= swift
PREFIX ?= /usr
DESTDIR ?=
BIN := .build/release
# Test builds hold the switches that break one rule each; they are built apart from what is installed.
TEST := --traits default,TestBuild
SIM := .build-sim/release/raft-sim
CHECK := .build-sim/release/raft-check
SEEDS ?= 1000
ifndef FROM
FROM := $(shell date +%s)000
endif
# Programs to install hold the Swift runtime, so that they run where no toolchain is. They are built apart, for the flag
# would rebuild everything.
STATIC := -c release --static-swift-stdlib --scratch-path .build/static
UNITS = $(DESTDIR)$(PREFIX)/lib/systemd/system
# From 253 on systemd knows a service that reloads by itself and says when it has.
UNIT_TYPE ?= $(shell v=$$(systemctl --version 2>/dev/null | awk 'NR == 1 { print $$2 + 0 }'); \
	if [ "$${v:-0}" -ge 253 ]; then echo notify-reload; else echo notify; fi)
MANUAL_DATE ?= $(shell git log -1 --format=%cs 2>/dev/null || date +%F)

.PHONY: run trace test sim model large simulator test-system trace-levels trace-cost bench lint install deb deps release docs

# Starts a real cluster of three, kills its leader, and shows that nothing acknowledged was lost.
run: release
	@scripts/run-demo.sh

# One write's trace through three nodes.
trace: release
	@scripts/show-trace.sh

# The whole suite. Integration tests start the release programs.
# The simulator's slice, the mutation table and the model checker's slice come first, alone: they take both cores.
test: release simulator
	@$(SIM) --seeds 1001..1800 --short
	@$(SIM) --seeds 1..8
	@$(SIM) --mutations
	@$(CHECK) model --nodes 2 --depth 60 --terms 2 --entries 1 --crashes 1 --states 1000000
	@$(CHECK) model --nodes 3 --depth 30 --terms 2 --entries 1 --states 1000000
	@$(CHECK) model --nodes 3 --root remove --depth 30 --terms 1 --entries 0 --changes 1 --crashes 1 --states 1000000
	@$(CHECK) model --nodes 3 --root replace --depth 30 --terms 1 --entries 0 --changes 1 --crashes 1 --states 1000000
	@$(CHECK) model --nodes 3 --root witness --depth 30 --terms 1 --entries 1 --crashes 1 --states 1000000
	@$(CHECK) model --nodes 3 --root behind --depth 40 --terms 1 --entries 0 --crashes 1 --states 1000000
	@$(CHECK) model --nodes 3 --root led --depth 30 --terms 1 --entries 1 --snapshots 1 --crashes 1 --states 1000000
	@RAFT_BINARIES="$(CURDIR)/$(BIN)" RAFT_SIM="$(CURDIR)/$(SIM)" RAFT_CHECK="$(CURDIR)/$(CHECK)" \
		$(SWIFT) test --no-parallel $(TEST) --xunit-output .build/tests.xml || \
		{ echo "failed, of all the tests above:"; grep -B 1 -A 2 '<failure' .build/tests*.xml; exit 1; }

# Fresh seeds: SEEDS of them, from FROM on.
sim: simulator
	@$(SIM) --seeds $(FROM)..$$(($(FROM) + $(SEEDS) - 1))

# Every interleaving within larger budgets: minutes, and some gigabytes.
model: simulator
	@$(CHECK) model --nodes 2 --depth 200 --terms 3 --entries 2 --crashes 1
	@$(CHECK) model --nodes 3 --depth 40 --terms 2 --entries 1 --crashes 1 --duplicates 1
	@$(CHECK) model --nodes 3 --depth 40 --terms 2 --heartbeats 2 --reads 1
	@for root in add remove replace; do \
		$(CHECK) model --nodes 3 --root $$root --depth 60 --terms 1 --entries 0 --changes 1 --heartbeats 1 --crashes 1 || exit 1; done
	@$(CHECK) model --nodes 3 --root led --depth 60 --terms 1 --entries 1 --transfers 1 --crashes 1
	@$(CHECK) model --nodes 3 --root witness --depth 60 --terms 2 --entries 2 --crashes 1
	@$(CHECK) model --nodes 3 --root witnessSuffix --depth 60 --terms 2 --entries 1 --heartbeats 1 --reads 1 --crashes 1
	@$(CHECK) model --nodes 3 --root addWitness --depth 60 --terms 1 --entries 1 --changes 1 --crashes 1
	@for root in behind behindConflict witnessBehind; do \
		$(CHECK) model --nodes 3 --root $$root --depth 60 --terms 1 --entries 1 --crashes 1 --heartbeats 1 || exit 1; done
	@for root in add addWitness remove; do \
		$(CHECK) model --nodes 3 --root $$root --depth 60 --terms 0 --entries 0 --changes 1 --snapshots 1 || exit 1; done
	@$(CHECK) model --nodes 3 --root led --depth 60 --terms 1 --entries 1 --snapshots 2 --crashes 1
	@$(CHECK) model --nodes 2 --root led --depth 200 --terms 2 --entries 2 --snapshots 2 --crashes 1

# A gibibyte of state, built, streamed and installed under load: minutes, and some gigabytes of disk.
large: release
	@RAFT_LARGE=1 RAFT_BINARIES="$(CURDIR)/$(BIN)" $(SWIFT) test --no-parallel $(TEST) --filter LargeStateTests

simulator: deps
	@$(SWIFT) build -c release $(TEST) --scratch-path .build-sim --product raft-sim
	@$(SWIFT) build -c release $(TEST) --scratch-path .build-sim --product raft-check

# What needs root: a real systemd and journald, disks that lose power or fill up, parted networks.
test-system: release deb
	@scripts/test-system.sh $(BIN) .build/raftd_*.deb

# Builds raftd three times, to see that events below a level are not in it: minutes.
trace-levels: deps
	@scripts/check-trace-levels.sh

# Counts the instructions of a proposal with tracing and without, under valgrind: minutes.
trace-cost: deps
	@scripts/check-trace-cost.sh

bench: release
	@$(SWIFT) build -c release --product raft-bench
	@$(BIN)/raft-bench --table

lint:
	@$(SWIFT) format lint --strict --configuration .swift-format --recursive Package.swift \
		$(wildcard Sources Plugins Examples Tests)
	@scripts/check-module-boundaries.sh

# The plugin is fetched for this target only: nobody who uses the package needs it.
docs: deps
	@SWIFT_RAFT_DOCS=1 $(SWIFT) package --allow-writing-to-directory docs-archive generate-documentation \
		--target RaftNode --output-path docs-archive

release: deps
	@$(SWIFT) build -c release --product raftd
	@$(SWIFT) build -c release --product raftctl

install: deps
	@$(SWIFT) build $(STATIC) --product raftd
	@$(SWIFT) build $(STATIC) --product raftctl
	install -D -m 755 .build/static/release/raftd $(DESTDIR)$(PREFIX)/bin/raftd
	install -D -m 755 .build/static/release/raftctl $(DESTDIR)$(PREFIX)/bin/raftctl
	install -d -m 755 $(UNITS) $(foreach section,1 5 8,$(DESTDIR)$(PREFIX)/share/man/man$(section))
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@TYPE@|$(UNIT_TYPE)|' packaging/raftd@.service \
		| sed '$(if $(filter notify-reload,$(UNIT_TYPE)),/^ExecReload=/d)' > $(UNITS)/raftd@.service
	install -m 644 packaging/raftd-peer@.socket packaging/raftd-client@.socket packaging/raftd.target $(UNITS)
	install -D -m 644 packaging/raftd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/raftd.conf
	install -D -m 644 packaging/raftd.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/raftd.conf
	install -D -m 644 packaging/raftd.catalog $(DESTDIR)$(PREFIX)/lib/systemd/catalog/raftd.catalog
	install -D -m 644 packaging/example.yaml $(DESTDIR)$(PREFIX)/share/doc/raftd/example.yaml
	@scripts/install-completions.sh .build/static/release $(DESTDIR)$(PREFIX)/share
	@$(SWIFT) build --package-path .build/static/checkouts/swift-argument-parser --scratch-path .build/manual \
		--product generate-manual
	@for page in raftd.8 raftctl.1; do .build/manual/debug/generate-manual .build/static/release/$${page%.*} \
		--section $${page#*.} --date "$(MANUAL_DATE)" \
		--output-directory $(DESTDIR)$(PREFIX)/share/man/man$${page#*.} || exit 1; \
		sed -i 's/^$$/.Pp/' $(DESTDIR)$(PREFIX)/share/man/man$${page#*.}/$$page; done
	@scripts/write-manual-of-keys.sh .build/static/release/raftd "$(MANUAL_DATE)" \
		> $(DESTDIR)$(PREFIX)/share/man/man5/raftd.yaml.5

# A Debian package below .build, for systems without Swift.
deb:
	@rm -rf .build/deb
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/.build/deb PREFIX=/usr UNIT_TYPE=notify
	@scripts/make-deb.sh .build/deb .build

deps:
	@scripts/install-dependencies.sh
