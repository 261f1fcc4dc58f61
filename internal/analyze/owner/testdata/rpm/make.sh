set -e
backend=$1 root=$2
q() { rpm --root "$root" --dbpath /var/lib/rpm --define "_db_backend $backend" --define "_rpmlock_path $root/lock" "$@"; }
mkdir -p "$root"
q -i --nodeps --nosignature out/noarch/*.rpm 2>/dev/null
q -e ship003 ship050 ship117
q -qa --qf '%{NAME} %{EVR}\n' | sort
