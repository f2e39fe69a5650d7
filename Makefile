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

.PHONY: run test sim model large simulator test-system bench lint install deps release docs

# Starts a real cluster of three, kills its leader, and shows that nothing acknowledged was lost.
run: release
	@scripts/run-demo.sh

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
	@RAFT_BINARIES="$(CURDIR)/$(BIN)" RAFT_SIM="$(CURDIR)/$(SIM)" RAFT_CHECK="$(CURDIR)/$(CHECK)" $(SWIFT) test --no-parallel $(TEST)

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

# What needs root: a real journald, disks that lose power or fill up, parted networks.
test-system: release
	@scripts/test-system.sh $(BIN)

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
	install -d -m 755 $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' packaging/raftd@.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/raftd@.service
	install -D -m 644 packaging/raftd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/raftd.conf
	install -D -m 644 packaging/example.yaml $(DESTDIR)$(PREFIX)/share/doc/raftd/example.yaml

deps:
	@scripts/install-dependencies.sh
