#!/bin/sh
# A telephone network on this machine alone, to try riskcall without a carrier: Redis, livekit-server, livekit-sip, and a
# telephone (baresip) that answers, plays the file given and hangs up at its end. Ctrl-C ends it.
#
#   sh deploy/livekit/try-out.sh telephone.env [customer.wav]
#
# Settings for riskcall go into the first file. The second is 16-bit mono at 8 kHz; without it the customer is silent
# for five minutes.
# FIRST_PORT=17000 names the first of the 80 ports that are used, NUMBER=+442079460999 the telephone's number.
set -eu
settings=${1:?name the file for the settings}
says=${2:+$(realpath "$2")}
port=${FIRST_PORT:-17000}
number=${NUMBER:-+442079460999}
modules=${BARESIP_MODULES:-/usr/lib/baresip/modules}
folder=$(mktemp -d)
secret=$(openssl rand -hex 32)
pids=
unset LIVEKIT_KEYS LIVEKIT_CONFIG LIVEKIT_API_KEY LIVEKIT_API_SECRET LIVEKIT_WS_URL SIP_CONFIG_BODY
stop() {
  trap - EXIT INT TERM
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  sleep 1
  for pid in $pids; do kill -KILL "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder" "$settings"
}
trap stop EXIT
trap 'exit 0' INT TERM

cat >"$folder/server.yaml" <<END
port: $port
bind_addresses: ["127.0.0.1"]
keys: {APItryout: $secret}
redis: {address: "127.0.0.1:$((port + 1))"}
rtc:
  tcp_port: $((port + 2))
  udp_port: $((port + 3))
  node_ip: 127.0.0.1
  use_external_ip: false
  enable_loopback_candidate: true
logging: {level: warn}
END
cat >"$folder/sip.yaml" <<END
api_key: APItryout
api_secret: $secret
ws_url: ws://127.0.0.1:$port
redis: {address: "127.0.0.1:$((port + 1))"}
sip_port: $((port + 4))
health_port: $((port + 5))
listen_ip: 127.0.0.1
nat_1_to_1_ip: 127.0.0.1
rtp_port: $((port + 20))-$((port + 59))
max_cpu_utilization: 1
logging: {level: warn}
END
mkdir "$folder/phone"
if [ -z "$says" ]; then
  says=$folder/silence.wav
  python3 -c 'import sys, wave
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", ""))
    out.writeframes(bytes(16000 * 300))' "$says"
fi
cat >"$folder/phone/config" <<END
poll_method epoll
sip_listen 127.0.0.1:$((port + 6))
audio_player aufile,none.wav
audio_source aufile,$says
audio_alert aufile,none.wav
audio_srate 8000-8000
audio_channels 1-1
ausrc_srate 8000
auplay_srate 8000
audio_buffer 20-160
rtp_ports $((port + 60))-$((port + 79))
module_path $modules
module g711.so
module aufile.so
module_app account.so
module_app menu.so
module_tmp uuid.so
END
echo "<sip:$number@127.0.0.1:$((port + 6));transport=udp>;regint=0;answermode=auto;audio_codecs=pcmu" \
  >"$folder/phone/accounts"
touch "$folder/phone/contacts"

begin() {
  "$@" >>"$folder/log" 2>&1 </dev/null &
  pids="$pids $!"
}
answers() {
  for _ in $(seq 300); do
    if curl -fs -o "$folder/answer" "http://127.0.0.1:$1/"; then return 0; fi
    sleep 0.1
  done
  echo "$2 does not start:" >&2
  tail -5 "$folder/log" >&2
  exit 1
}
if curl -s -o "$folder/answer" "http://127.0.0.1:$port/"; then
  echo "port $port is taken: set FIRST_PORT" >&2
  exit 1
fi
begin redis-server --bind 127.0.0.1 --port $((port + 1)) --save ''
begin livekit-server --config "$folder/server.yaml"
answers "$port" livekit-server
begin livekit-sip --config "$folder/sip.yaml"
answers $((port + 5)) livekit-sip
begin baresip -f "$folder/phone"

cat >"$folder/settings" <<END
RISKCALL_LIVEKIT_URL=ws://127.0.0.1:$port
RISKCALL_LIVEKIT_API_KEY=APItryout
RISKCALL_LIVEKIT_API_SECRET=$secret
RISKCALL_SIP_ADDRESS=127.0.0.1:$((port + 6))
RISKCALL_SIP_TRANSPORT=udp
RISKCALL_SIP_MEDIA_ENCRYPTION=off
RISKCALL_SIP_CALLER_ID=+442079460000
RISKCALL_SIP_COUNTRIES='["GB"]'
END
cp "$folder/settings" "$settings.new"
mv "$settings.new" "$settings"
echo "The telephone network runs; its settings are in $settings." >&2
echo "The telephone is $number." >&2
wait
