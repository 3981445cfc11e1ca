#!/bin/bash
# Runs inside one node's namespaces: a home, a /tmp/ray and service folders of its own, then sshd.
# usage: node.sh DIR HIDDEN LIB [FOLDER ...]   DIR: the node's folder; HIDDEN: a folder that it must
# not see; LIB: its Python environment's packages; FOLDER: folders below the home that it must see
set -eu
dir=$1; hidden=$2; lib=$3; shift 3
mount --make-rprivate /
hostname "$(basename "$dir")"
mkdir -p /tmp/ray /run/sshd
mount --bind "$dir/ray" /tmp/ray
mount --bind "$dir/units" /etc/systemd/system
mkdir -p /run/postgresql
mount --bind "$dir/postgresql" /run/postgresql
mount --bind "$lib" "$dir/home/incay-venv/lib"
mount -t tmpfs none "$hidden"
for folder in "$@"; do
  mkdir -p "$dir/home/${folder#"$HOME"/}"
  mount --bind "$folder" "$dir/home/${folder#"$HOME"/}"
done
mount --rbind "$dir/home" "$HOME"
ip link set lo up
exec /usr/sbin/sshd -D -e -p 22 -f /dev/null -o HostKey="$dir/../host_key" \
  -o AuthorizedKeysFile="$dir/../id.pub" -o StrictModes=no -o PermitRootLogin=yes -o UsePAM=no \
  -o PidFile=none -o MaxSessions=100 -o MaxStartups=100
