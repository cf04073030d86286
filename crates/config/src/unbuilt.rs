//! Every keyword of keepalived (2.2.7 and 2.4) by block. A block's table says which of them work;
//! the others are named in a finding and ignored. A word stays here when it is built.

/// The name of the level outside of all blocks.
pub(crate) const ROOT: &str = "the file";

/// Blocks in the order in which a stray word is looked for, each with its words.
const BLOCKS: &[(&str, &str)] = &[
    (
        "the file",
        "net_namespace net_namespace_ipvs namespace_with_ipsets use_pid_dir instance \
         child_wait_time linkbeat_use_polling global_defs linkbeat_interfaces \
         interface_up_down_delays track_group static_ipaddress static_routes static_rules \
         garp_group track_file vrrp_track_file vrrp_script vrrp_track_process vrrp_sync_group \
         vrrp_instance SSL virtual_server_group virtual_server bfd_instance",
    ),
    (
        "global_defs",
        "process_names process_name vrrp_process_name checker_process_name bfd_process_name \
         lvs_process_name use_symlink_paths set_supplementary_groups umask random_seed \
         reload_check_config reload_time_file reload_repeat reload_file include_check \
         config_save_dir tmp_config_directory data_use_instance json_version iproute_usr_dir \
         iproute_etc_dir state_dump_file stats_dump_file json_dump_file startup_script \
         shutdown_script startup_script_timeout shutdown_script_timeout max_auto_priority \
         min_auto_priority_delay script_user enable_script_security router_id \
         notification_email notification_email_from smtp_server smtp_helo_name \
         smtp_connect_timeout smtp_alert smtp_alert_vrrp smtp_alert_checker no_email_faults \
         no_checker_emails vrrp_priority checker_priority bfd_priority vrrp_no_swap \
         checker_no_swap bfd_no_swap vrrp_rt_priority checker_rt_priority bfd_rt_priority \
         vrrp_cpu_affinity checker_cpu_affinity bfd_cpu_affinity vrrp_rlimit_rttime \
         checker_rlimit_rttime bfd_rlimit_rttime vrrp_rlimit_rtime checker_rlimit_rtime \
         bfd_rlimit_rtime vrrp_netlink_cmd_rcv_bufs vrrp_netlink_cmd_rcv_bufs_force \
         vrrp_netlink_monitor_rcv_bufs vrrp_netlink_monitor_rcv_bufs_force \
         lvs_netlink_cmd_rcv_bufs lvs_netlink_cmd_rcv_bufs_force lvs_netlink_monitor_rcv_bufs \
         lvs_netlink_monitor_rcv_bufs_force process_monitor_rcv_bufs \
         process_monitor_rcv_bufs_force vrrp_mcast_group4 vrrp_mcast_group6 vrrp_version \
         default_interface dynamic_interfaces disable_local_igmp v3_checksum_as_v2 \
         vrrp_garp_master_delay vrrp_garp_master_repeat vrrp_garp_master_refresh \
         vrrp_garp_master_refresh_repeat vrrp_garp_lower_prio_delay \
         vrrp_garp_lower_prio_repeat vrrp_garp_interval vrrp_gna_interval vrrp_min_garp \
         vrrp_garp_extra_if vrrp_vmac_garp_intvl vrrp_down_timer_adverts vrrp_startup_delay \
         vrrp_delay_after_boot vrrp_lower_prio_no_advert vrrp_higher_prio_send_advert \
         vrrp_owner_ignore_adverts vrrp_check_unicast_src vrrp_skip_check_adv_addr \
         vrrp_strict log_unknown_vrids vrrp_iptables vrrp_ipsets nftables nftables_priority \
         nftables_counters nftables_ifindex vrrp_rx_bufs_policy vrrp_rx_bufs_multiplier \
         vmac_prefix vmac_addr_prefix notify_fifo vrrp_notify_fifo lvs_notify_fifo \
         notify_fifo_script vrrp_notify_fifo_script lvs_notify_fifo_script \
         vrrp_notify_priority_changes fifo_write_vrrp_states_on_reload lvs_timeouts lvs_flush \
         lvs_flush_on_stop lvs_flush_onstop lvs_sync_daemon nftables_ipvs \
         nftables_ipvs_priority nftables_ipvs_start_fwmark checker_log_all_failures \
         rs_init_notifies snmp_socket enable_traps enable_snmp_vrrp enable_snmp_keepalived \
         enable_snmp_checker enable_snmp_rfc enable_snmp_rfcv2 enable_snmp_rfcv3 \
         snmp_vs_stats_update_interval snmp_rs_stats_update_interval enable_dbus \
         dbus_service_name dbus_no_interface_name net_namespace net_namespace_ipvs \
         namespace_with_ipsets use_pid_dir instance child_wait_time linkbeat_use_polling",
    ),
    (
        "vrrp_instance",
        "state interface virtual_router_id priority version advert_int down_timer_adverts vrf \
         native_ipv6 linkbeat_use_polling debug use_vmac vmac_xmit_base use_vmac_addr \
         use_ipvlan virtual_ipaddress virtual_ipaddress_excluded no_virtual_ipaddress \
         virtual_routes virtual_rules promote_secondaries mcast_src_ip unicast_src_ip \
         track_src_ip mcast_dst_ip unicast_peer unicast_fault_no_peer unicast_ttl \
         check_unicast_src old_unicast_checksum accept no_accept preempt nopreempt \
         preempt_delay skip_check_adv_addr strict_mode v3_checksum_as_v2 lower_prio_no_advert \
         higher_prio_send_advert owner_ignore_adverts timer_expired_backup \
         thread_timer_expired dont_track_primary track_interface track_script track_file \
         track_process track_bfd garp_master_delay garp_master_repeat garp_master_refresh \
         garp_master_refresh_repeat garp_lower_prio_delay garp_lower_prio_repeat \
         garp_extra_if vmac_garp_intvl kernel_rx_buf_size lvs_sync_daemon_interface \
         notify_master notify_backup notify_fault notify_stop notify notify_deleted \
         notify_master_rx_lower_pri smtp_alert notify_priority_changes authentication \
         auth_hmac",
    ),
    ("authentication", "auth_type auth_pass"),
    (
        "virtual_server",
        "ip_family delay_loop retry delay_before_retry warmup connect_timeout lb_algo \
         lvs_sched lb_kind lvs_method hashed ops flag-1 flag-2 flag-3 sh-port sh-fallback \
         mh-port mh-fallback persistence_engine persistence_timeout persistence_granularity \
         protocol ha_suspend virtualhost snmp_name smtp_alert alpha omega inhibit_on_failure \
         weight quorum hysteresis quorum_up quorum_down sorry_server sorry_server_inhibit \
         sorry_server_lvs_method real_server",
    ),
    (
        "real_server",
        "weight lvs_method uthreshold lthreshold inhibit_on_failure alpha smtp_alert \
         virtualhost snmp_name notify_up notify_down retry delay_before_retry warmup \
         delay_loop connect_timeout TCP_CHECK HTTP_GET SSL_GET SMTP_CHECK DNS_CHECK UDP_CHECK \
         PING_CHECK MISC_CHECK FILE_CHECK BFD_CHECK",
    ),
    (
        "TCP_CHECK",
        "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry \
         delay_before_retry warmup delay_loop alpha log_all_failures",
    ),
    (
        "HTTP_GET",
        "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry \
         delay_before_retry warmup delay_loop alpha log_all_failures nb_get_retry virtualhost \
         http_protocol enable_sni sni_name fast_recovery tls_compliant url",
    ),
    (
        "url",
        "path digest status_code virtualhost regex regex_no_match regex_options \
         regex_min_offset regex_max_offset regex_stack tls_compliant",
    ),
    (
        "garp_group",
        "garp_interval gna_interval interface interfaces",
    ),
    ("track_file", "file weight init_file"),
    ("SSL", "password ca certificate key"),
    (
        "vrrp_script",
        "script interval timeout rise fall weight user init_fail",
    ),
    (
        "vrrp_track_process",
        "process param_match full_command weight quorum quorum_max delay terminate_delay \
         fork_delay",
    ),
    (
        "vrrp_sync_group",
        "group track_interface track_script track_file track_process track_bfd notify_master \
         notify_backup notify_fault notify_stop notify smtp_alert sync_group_tracking_weight \
         notify_priority_changes global_tracking",
    ),
    ("auth_hmac", "key active_key time_window anti_replay mode"),
    (
        "SMTP_CHECK",
        "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry \
         delay_before_retry warmup delay_loop alpha log_all_failures helo_name host",
    ),
    (
        "DNS_CHECK",
        "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry \
         delay_before_retry warmup delay_loop alpha log_all_failures type name",
    ),
    (
        "UDP_CHECK",
        "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry \
         delay_before_retry warmup delay_loop alpha log_all_failures payload require_reply \
         min_reply_length max_reply_length",
    ),
    (
        "PING_CHECK",
        "connect_ip connect_port bindto bind_port bind_if connect_timeout fwmark retry \
         delay_before_retry warmup delay_loop alpha log_all_failures",
    ),
    (
        "MISC_CHECK",
        "misc_path misc_timeout misc_dynamic user retry delay_before_retry warmup delay_loop \
         alpha log_all_failures",
    ),
    ("FILE_CHECK", "track_file weight"),
    ("BFD_CHECK", "name alpha"),
    (
        "bfd_instance",
        "neighbor_ip neighbour_ip source_ip min_rx min_tx idle_tx multiplier passive ttl \
         hoplimit max_hops multihop weight vrrp checker",
    ),
];

/// All keywords of a block.
pub(crate) fn of(block: &str) -> impl Iterator<Item = &'static str> {
    let words = BLOCKS.iter().find(|(name, _)| *name == block);
    words
        .map_or("", |(_, words)| words)
        .split_ascii_whitespace()
}

/// Does keepalived know the word in this block?
pub(crate) fn contains(block: &str, keyword: &[u8]) -> bool {
    of(block).any(|word| word.as_bytes() == keyword)
}

/// The first block that knows the word.
pub(crate) fn home_of(keyword: &[u8]) -> Option<&'static str> {
    let mut names = BLOCKS.iter().map(|(name, _)| *name);
    names.find(|name| contains(name, keyword))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn knows_all_of_keepalived() {
        let all: BTreeSet<&str> = BLOCKS.iter().flat_map(|(name, _)| of(name)).collect();
        assert!(all.len() >= 340, "{}", all.len());
        assert!(contains("vrrp_instance", b"use_vmac"));
        assert!(!contains("TCP_CHECK", b"nb_get_retry"));
        assert_eq!(home_of(b"lb_kind"), Some("virtual_server"));
    }
}
