# Lets Podman and Buildah pull through Berth, for every user of this machine: a file in
# containers.conf.d, and Berth's CA among those that this machine trusts. Run it again at any time.
#
#   curl -s http://@HOST@/setup/podman | sudo sh
#   curl -s http://@HOST@/setup/podman | sudo sh -s undo
#
# skopeo does not read that file: give it HTTPS_PROXY=http://@HOST@/ in its environment. CRI-O is a
# service: take /setup/systemd and put crio.service for docker.service.

file=$root/etc/containers/containers.conf.d/berth.conf

case ${1:-apply} in
apply)
  trust podman
  put "$file" << EOD
# $mark
[engine]
env = ["HTTP_PROXY=$proxy", "HTTPS_PROXY=$proxy", "NO_PROXY=$direct"]

# Pulls go through the proxy; what runs in the containers does not.
[containers]
http_proxy = false
EOD
  say 'Podman now pulls through @HOST@'
  ;;
undo)
  take_back "$file"
  distrust podman
  ;;
*) fail "expected apply or undo, found $1" ;;
esac
