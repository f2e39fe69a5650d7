# What can be done here; CONTRIBUTING.md says more. Targets that build install what is missing first.
SHELL := /bin/bash
SWIFT ?= swift
PREFIX ?= /usr
DESTDIR ?=
BIN := .build/release
# The Swift runtime goes into the programs, so that they run where no toolchain is.
RELEASE_FLAGS ?= --static-swift-stdlib

.PHONY: run test test-system bench lint install deps release docs

# Starts a real cluster of three, kills its leader, and shows that nothing acknowledged was lost.
run: release
	@scripts/run-demo.sh

# The whole suite. Integration tests start the release programs.
test: release
	@RAFT_BINARIES="$(CURDIR)/$(BIN)" $(SWIFT) test

# What needs root and a real journald.
test-system: release
	@scripts/test-system.sh $(BIN)

bench: deps
	@$(SWIFT) build -c release $(RELEASE_FLAGS) --product raft-bench
	@scripts/run-bench.sh $(BIN)/raft-bench

lint:
	@$(SWIFT) format lint --strict --configuration .swift-format --recursive Package.swift Sources Plugins Tests
	@scripts/check-module-boundaries.sh

# The plugin is fetched for this target only: nobody who uses the package needs it.
docs: deps
	@SWIFT_RAFT_DOCS=1 $(SWIFT) package --allow-writing-to-directory docs-archive generate-documentation \
		--target RaftNode --output-path docs-archive

release: deps
	@$(SWIFT) build -c release $(RELEASE_FLAGS) --product raftd
	@$(SWIFT) build -c release $(RELEASE_FLAGS) --product raftctl

install: release
	install -D -m 755 $(BIN)/raftd $(DESTDIR)$(PREFIX)/bin/raftd
	install -D -m 755 $(BIN)/raftctl $(DESTDIR)$(PREFIX)/bin/raftctl
	install -d -m 755 $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|@PREFIX@|$(PREFIX)|' packaging/raftd@.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/raftd@.service
	install -D -m 644 packaging/raftd.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/raftd.conf
	install -D -m 644 packaging/example.yaml $(DESTDIR)$(PREFIX)/share/doc/raftd/example.yaml

deps:
	@scripts/install-dependencies.sh
