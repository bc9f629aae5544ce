#!/bin/sh
# Makes the certificates of the TLS tests anew. They are worth nothing outside of them.
set -eu
cd "$(dirname "$0")"
lasting="-startdate 20200101000000Z -enddate 21200101000000Z"
expired="-startdate 20200101000000Z -enddate 20200201000000Z"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/ca.cnf" <<EOF
[ca]
default_ca = tests
[tests]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
EOF

# key file, subject, extensions, period, further options of `openssl ca`; writes $1.crt
make_certificate() {
  key=$1
  echo "$3" >"$work/extensions"
  : >"$work/index.txt"
  openssl req -new -key "$key.key" -subj "/CN=$2" -out "$work/request"
  # shellcheck disable=SC2086
  openssl ca -batch -notext -config "$work/ca.cnf" -extfile "$work/extensions" $4 $5 \
    -in "$work/request" -out "$(basename "$key").crt"
}

make_key() {
  openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$1.key"
}

make_authority() {
  make_key "$work/$1"
  make_certificate "$work/$1" "$2" "basicConstraints = critical, CA:TRUE" "$lasting" \
    "-selfsign -keyfile $work/$1.key"
}

make_leaf() {
  make_key "$1"
  make_certificate "$1" "$2" "$3" "$4" "-cert authority.crt -keyfile $work/authority.key"
}

make_authority authority "Tests of Perigee"
make_authority stranger "Another authority"
make_leaf server db.example.com "subjectAltName = DNS:db.example.com, DNS:localhost" "$lasting"
make_leaf server_ip 127.0.0.1 "subjectAltName = IP:127.0.0.1" "$lasting"
make_leaf server_expired localhost "subjectAltName = DNS:localhost, IP:127.0.0.1" "$expired"
make_leaf client certified "extendedKeyUsage = clientAuth" "$lasting"
