#!/usr/bin/env bash
# Makes two SoftHSM tokens with the example's six production keys in FOLDER, and beside them a
# copy of the evidence that has the tokens' serial numbers. Needs softhsm2 and opensc.
set -euo pipefail
folder=${1:?usage: make-tokens.sh FOLDER}
pin=${CUSTODY_HSM_PIN:?set CUSTODY_HSM_PIN to the PIN that the tokens are to have}
library=/usr/lib/softhsm/libsofthsm2.so
example=$(cd "$(dirname "$0")" && pwd)
evidence=$example/../semiannual-2026-h2-clean

if [ -e "$folder/tokens" ]; then
  echo "$folder holds tokens already; a second pair would have the same labels. Name another folder, or delete this one." >&2
  exit 1
fi
mkdir -p "$folder/tokens"
folder=$(cd "$folder" && pwd)
cp -r "$evidence/ceremonies" "$evidence/identity" "$evidence/release" "$evidence/controls" "$example/hsm" "$folder/"
sed 's|\.\./semiannual-2026-h2-clean/||' "$example/custody.toml" > "$folder/custody.toml"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$folder/tokens" > "$folder/softhsm2.conf"
export SOFTHSM2_CONF=$folder/softhsm2.conf

generate() { # TOKEN KEY-TYPE CKA_ID LABEL
  pkcs11-tool --module "$library" --token-label "$1" --login --pin "$pin" --keypairgen \
    --key-type "$2" --id "$3" --label "$4" --usage-sign --sensitive > /dev/null
}
for token in release-ams release-fra; do
  softhsm2-util --init-token --free --label "$token" --so-pin "so-$pin" --pin "$pin" > /dev/null
  serial=$(pkcs11-tool --module "$library" -L 2> /dev/null \
    | awk -v token="$token" '/token label/ { label = $NF } /serial num/ && label == token { print $NF }')
  sed -i "s|SERIAL-OF-TOKEN-$token|$serial|" "$folder/hsm/modules.json"
done
generate release-ams rsa:4096 01 desktop-agent-codesign-2024
generate release-ams rsa:3072 02 desktop-agent-lts-codesign-2022
generate release-ams EC:secp384r1 05 hotfix-bundle-2024
generate release-fra EC:secp384r1 03 internal-cli-packages-2025
generate release-fra EC:secp384r1 04 internal-cli-repo-metadata-2025
generate release-fra EC:secp384r1 06 hotfix-bundle-standby-2025
echo "made two tokens in $folder; set SOFTHSM2_CONF=$folder/softhsm2.conf to use them"
