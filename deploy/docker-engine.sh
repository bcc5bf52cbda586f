#!/bin/sh
# Sees to it that a Docker engine answers on this machine: installs and starts one where there is none.
#
# An engine that answers already, here or where DOCKER_HOST says, is left as it is, so this may be run as often
# as you like. To install one it needs Debian (or one of its children, with apt) and root. Where systemd runs, it
# starts the engine as a service; elsewhere by hand, and then this stops it: kill "$(cat /var/run/docker.pid)"
set -eu

LOG=${DOCKERD_LOG:-/var/log/dockerd.log}
OS_RELEASE=${OS_RELEASE:-/etc/os-release}
RUN=${RUN:-/var/run}
SYSTEMD=${SYSTEMD:-/run/systemd/system}
PID_FILES="$RUN/docker.pid $RUN/docker/containerd/containerd.pid"
# Besides the engine: what it needs for its networks, an init for containers, and the shell of our own image.
PACKAGES='docker.io iptables tini busybox-static'

say() { echo "docker-engine: $*" >&2; }

fail() {
  say "$@"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

answers() { has docker && docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

installed() { [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

require_debian_and_root() {
  if ! grep -Eq '^ID(_LIKE)?=.*debian' "$OS_RELEASE" 2>/dev/null || ! has apt-get; then
    fail "no Docker engine answers, and it can be installed on Debian only:" \
      "install Docker as your system does it, start it, and run this again"
  fi
  if [ "$(id -u)" -ne 0 ]; then
    fail "no Docker engine answers, and to install and start one takes root:" \
      "run this as root, or start Docker and join the group docker"
  fi
}

install_missing() {
  missing=
  for package in $PACKAGES; do
    [ "$package" = docker.io ] && has dockerd && continue
    installed "$package" || missing="$missing $package"
  done
  # shellcheck disable=SC2086 # several words
  [ -z "$missing" ] || fetch $missing
  # From Debian 13 on the command line is a package of its own.
  has docker || fetch docker-cli
}

fetch() {
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || fail "the lists of packages could not be fetched: see apt-get's words above"
  apt-get install -qq --yes --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >&2 ||
    fail "could not be installed: $*"
}

# A process that is gone, or waits only for its parent to notice.
gone() {
  case "$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null)" in
    '' | Z | X) return 0 ;;
    *) return 1 ;;
  esac
}

# An engine that was killed leaves them behind, and the next one takes them for its own.
remove_stale_pid_files() {
  for file in $PID_FILES; do
    if [ -f "$file" ] && gone "$(cat "$file")"; then rm -f "$file"; fi
  done
}

start() {
  if [ -d "$SYSTEMD" ]; then
    systemctl start docker || fail "systemctl could not start docker: see journalctl -u docker"
    wait_for_answer 1
  else
    remove_stale_pid_files
    setsid dockerd >"$LOG" 2>&1 </dev/null &
    wait_for_answer $!
  fi
}

# Waits until the engine answers, for a minute, or until the process has ended.
wait_for_answer() {
  for _ in $(seq 300); do
    answers && return
    gone "$1" && break
    sleep 0.2
  done
  [ ! -f "$LOG" ] || tail -n 20 "$LOG" >&2
  fail "the engine does not answer"
}

if answers; then
  say "an engine answers, version $(docker version --format '{{.Server.Version}}')"
  exit 0
fi
[ -z "${DOCKER_HOST:-}" ] || fail "no engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST"
require_debian_and_root
install_missing
start
say "started an engine, version $(docker version --format '{{.Server.Version}}')"
