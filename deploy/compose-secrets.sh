#!/bin/sh
# Makes what deploy/compose.yaml reads from files: passwords, connection strings, a certificate with an authority of its own, and
# an API key for each calling system. Run it once, before the first `docker compose up`; what is there already is kept.
#   deploy/compose-secrets.sh [FOLDER]        (deploy/secrets if none is given)
# The folder is for its owner alone. The files in it are not: compose mounts them as they are, and containers run as other users.
set -eu
umask 022
folder=${1:-$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/secrets}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

# SQL Server asks for capitals, small letters, digits and length.
password() { printf 'Aa1-%s' "$(openssl rand -hex 16)"; }

if [ ! -f sqlserver.env ]; then
    owner=$(password)
    service=$(password)
    printf 'MSSQL_SA_PASSWORD=%s\nOWNER_PASSWORD=%s\nSERVICE_PASSWORD=%s\n' "$(password)" "$owner" "$service" >sqlserver.env
    # The server's certificate is one that it has made itself, inside this network.
    server='Server=sqlserver,1433;Database=registry;Encrypt=True;TrustServerCertificate=True'
    printf '%s;User ID=dossier_owner;Password=%s\n' "$server" "$owner" >registry-owner
    printf '%s;User ID=dossier_service;Password=%s\n' "$server" "$service" >registry
fi

if [ ! -f tls.crt ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj '/CN=Dossier compose authority' \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' -keyout ca.key -out ca.crt 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=dossier' -keyout tls.key -out tls.csr 2>/dev/null
    printf 'subjectAltName=DNS:localhost,DNS:dossier,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' >tls.ext
    openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 90 -extfile tls.ext -out tls.crt 2>/dev/null
    chmod 644 tls.key
    rm -f ca.key tls.csr tls.ext ca.srl
fi

if [ ! -f systems.env ]; then
    for system in administration webcare telephony; do
        key=dsk_$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=\n')
        printf '%s\n' "$key" >"$system.key"
        printf 'DOSSIER_Systems__%s__Keys__0=sha256:%s\n' "$system" "$(printf '%s' "$key" | openssl dgst -sha256 -r | cut -d' ' -f1)"
    done >systems.env.part
    mv systems.env.part systems.env
fi

[ -f grafana-password ] || password >grafana-password
echo "$folder holds the secrets of deploy/compose.yaml."
