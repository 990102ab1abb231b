# The commands people type. CMake does the building; this file only remembers how to ask.

.PHONY: all build demo test check bench soak install clean

all: build

# Installs what is missing, and leaves the server at build/release/posthorn.
build:
	tools/deps build
	tools/build release posthorn

demo:
	tools/deps build node
	tools/build release posthorn
	node demo/demo.mjs

test:
	tools/deps build test node
	tools/test

check:
	tools/deps build test
	tools/check

bench:
	tools/deps build
	tools/build release all
	tools/bench

soak:
	tools/deps build test node
	tools/soak

install: build
	cmake --install build/release

clean:
	rm -rf build
