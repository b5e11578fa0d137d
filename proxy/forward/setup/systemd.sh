# Lets docker.service pull through Berth: a drop-in for systemd, and Berth's CA among those that this
# machine trusts. Run it again at any time.
#
#   curl -s http://@HOST@/setup/@NAME@ | sudo sh
#   curl -s http://@HOST@/setup/@NAME@ | sudo sh -s undo
#
# For another service:  | sed s/docker\.service/crio\.service/g
# To leave hosts out:   | sed '/Environment/ s/$/ "NO_PROXY=10.0.0.0\/8"/'

dropin=$root/etc/systemd/system/docker.service.d/http-proxy.conf

case ${1:-apply} in
apply)
  trust docker.service
  put "$dropin" << EOD
# $mark
[Service]
Environment="HTTP_PROXY=$proxy"
Environment="HTTPS_PROXY=$proxy"
Environment="NO_PROXY=$direct"
EOD
  restart docker.service
  say 'docker.service now pulls through @HOST@'
  ;;
undo)
  take_back "$dropin"
  distrust docker.service
  restart docker.service
  ;;
*) fail "expected apply or undo, found $1" ;;
esac
