// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Modules come and go, and hooks in their code go with them: what lies in freed memory next is none of ours.
 */
#include <linux/module.h>
#include <linux/notifier.h>

#include "hosts/linux/compat.h"
#include "hosts/linux/hooks.h"
#include "hosts/linux/host.h"

static int module_changes(struct notifier_block *block, unsigned long event, void *data)
{
    const struct module *module = data;
    const struct compat_range text = compat_module_text(module);

    mutex_lock(&host_lock);
    switch (event) {
    case MODULE_STATE_COMING:
        hook_place_comes(module->name);
        break;
    case MODULE_STATE_LIVE:
        /* The code that only its start needed is freed now. */
        hooks_drop_module(module->name, &text);
        break;
    case MODULE_STATE_GOING:
        hook_place_goes(module->name);
        hooks_drop_module(module->name, NULL);
        break;
    }
    mutex_unlock(&host_lock);
    return NOTIFY_DONE;
}

static struct notifier_block notifier = {
    .notifier_call = module_changes,
};

int hooks_init(void)
{
    return register_module_notifier(&notifier);
}

void hooks_exit(void)
{
    unregister_module_notifier(&notifier);
}
